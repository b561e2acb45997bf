//go:build linux

package main

import (
	"fmt"
	"sync"
	"time"
)

// ledger records requests and responses, and derives the state that the database
// must have. It is safe for concurrent use.
type ledger struct {
	mu      sync.Mutex
	sent    int
	acked   int            // successful responses, to reads and writes
	failed  map[string]int // by kind
	writes  map[string]*write
	broken  []string // undocumented responses, and reads that miss a write
	nBroken int
	healed  time.Time     // when the fault ended; zero: it has not ended
	first   time.Duration // from healed to the first acknowledged write
	worst   time.Duration // the longest first of all faults
}

// write is one item that a client has requested, by its name.
type write struct {
	id           int64           // once acknowledged
	descriptions map[string]bool // the allowed ones: the last acknowledged one, and later ones with an unknown outcome
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

// complain records a violation; the first few are reported.
func (l *ledger) complain(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.nBroken++; l.nBroken <= 5 {
		l.broken = append(l.broken, fmt.Sprintf(format, args...))
	}
}

// ask records an item before it is sent.
func (l *ledger) ask(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes[name] = &write{descriptions: map[string]bool{"": true}}
}

// describe records a description before it is sent.
func (l *ledger) describe(name, description string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes[name].descriptions[description] = true
}

// acknowledge records that the item called name has this id and description.
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

// item is the part of a stored item that the ledger compares.
type item struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// compare compares the stored items with the ledger. lost counts the missing
// acknowledged writes, doubled the items that exist more than once, strange those
// that no client requested in this form.
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
