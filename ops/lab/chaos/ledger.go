//go:build linux

package main

import (
	"fmt"
	"sync"
	"time"
)

// ledger holds what was sent, what was answered, and what therefore has to be
// in the database. It is safe for concurrent use.
type ledger struct {
	mu      sync.Mutex
	sent    int
	acked   int            // answers of success, to reads and writes
	failed  map[string]int // by kind
	writes  map[string]*write
	broken  []string // answers that no documentation allows, and reads that miss a write
	nBroken int
	healed  time.Time     // when the fault ended; zero: it has not
	first   time.Duration // from then to the first acknowledged write
	worst   time.Duration // the longest first of all faults
}

// write is one item that a client has asked for, by its name.
type write struct {
	id           int64           // once acknowledged
	descriptions map[string]bool // which it may have: the last acknowledged, and those after it of which nobody knows
}

func newLedger() *ledger {
	return &ledger{failed: map[string]int{}, writes: map[string]*write{}}
}

func (l *ledger) send() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent++
}

func (l *ledger) fail(kind string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed[kind]++
}

func (l *ledger) read() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked++
}

// complain notes what may not be; the first few are told.
func (l *ledger) complain(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.nBroken++; l.nBroken <= 5 {
		l.broken = append(l.broken, fmt.Sprintf(format, args...))
	}
}

// ask notes an item before it is sent.
func (l *ledger) ask(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes[name] = &write{descriptions: map[string]bool{"": true}}
}

// describe notes a description before it is sent.
func (l *ledger) describe(name, description string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes[name].descriptions[description] = true
}

// acknowledge notes that the item called name is id, and is described so.
func (l *ledger) acknowledge(name string, id int64, description string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked++
	w := l.writes[name]
	w.id, w.descriptions = id, map[string]bool{description: true}
	if !l.healed.IsZero() && l.first == 0 {
		l.first = time.Since(l.healed)
		l.worst = max(l.worst, l.first)
	}
}

// faultEnds begins the time in which a write has to succeed.
func (l *ledger) faultEnds() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.healed, l.first = time.Now(), 0
}

// recovered reports whether a write has succeeded since the fault ended.
func (l *ledger) recovered() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first > 0
}

// item is what the ledger asks of an item that is there.
type item struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// compare holds what is there to what has to be. lost counts the acknowledged
// writes that are not there, doubled the items that are there more than once,
// strange those that nobody asked for, or not so.
func (l *ledger) compare(items []item) (lost, doubled, strange int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := make(map[string]int, len(items))
	for _, it := range items {
		w := l.writes[it.Name]
		switch seen[it.Name]++; {
		case w == nil, w.id == 0 && it.Description != "":
			strange++
		case seen[it.Name] > 1:
			doubled++
		case w.id != 0 && !w.descriptions[it.Description]:
			lost++
		}
	}
	for name, w := range l.writes {
		if w.id != 0 && seen[name] == 0 {
			lost++
		}
	}
	return lost, doubled, strange
}
