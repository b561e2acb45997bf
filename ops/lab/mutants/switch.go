package main

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// switches are the files by which mutants are switched. They are files, because
// a test may start processes with another environment.
type switches struct {
	active  string // has the number of the active mutant
	reached string // has a line for each reached mutant, from each process
}

// set makes a mutant the active one, or none with 0.
func (s *switches) set(n int) error {
	err := os.Remove(s.reached)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, os.WriteFile(s.active, []byte(strconv.Itoa(n)), 0o600))
}

// numbers returns the mutants that were reached since the last set.
func (s *switches) numbers() (map[int]bool, error) {
	text, err := os.ReadFile(s.reached)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	reached := make(map[int]bool)
	for field := range strings.FieldsSeq(string(text)) {
		n, err := strconv.Atoi(field)
		if err != nil {
			return nil, err
		}
		reached[n] = true
	}
	return reached, nil
}

// switchFile is added to a package with switchable mutants.
const switchFile = "mutants_switch.go"

// switchText has the package's name, and the paths of the switches.
const switchText = `package %s

import (
	"os"
	"strconv"
	"sync"
)

var mutantActive = func() int {
	text, _ := os.ReadFile(%q)
	n, _ := strconv.Atoi(string(text))
	return n
}()

var mutantsReached sync.Map

func mutantReached(n int) {
	if _, seen := mutantsReached.LoadOrStore(n, true); seen || mutantActive != 0 {
		return
	}
	file, err := os.OpenFile(%q, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if _, err := file.WriteString(strconv.Itoa(n) + "\n"); err != nil {
		panic(err)
	}
}
`

// switchFunctions are the functions of the forms. Types are checked with them
// alone, which import nothing.
const switchFunctions = `
func mutantIs(n int) bool {
	mutantReached(n)
	return mutantActive == n
}

func mutantPick[T any](n int, real, mutant T) T {
	if mutantIs(n) {
		return mutant
	}
	return real
}

func mutantCall[T any](n int, real, mutant func() T) T {
	if mutantIs(n) {
		return mutant()
	}
	return real()
}
`

// switchStub is switchText for the check of types.
const switchStub = `
var mutantActive int

func mutantReached(int) {}
`
