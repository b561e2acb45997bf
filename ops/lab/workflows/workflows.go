// Package workflows reads GitHub's workflows for tests of properties that no run
// would show: the rights of each job, the origin of its code, and that each step
// runs a task.
package workflows

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Workflow is the tested part of a file in .github/workflows.
type Workflow struct {
	On          On                `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Concurrency *Concurrency      `yaml:"concurrency"`
	Jobs        map[string]Job    `yaml:"jobs"`
	Text        string            `yaml:"-"`
}

// On lists the events that start a workflow.
type On struct {
	Push        *Filter  `yaml:"push"`
	PullRequest *Filter  `yaml:"pull_request"`
	Starts      []string `yaml:"-"` // the events, filtered or not
}

// Filter selects the changes that start a workflow.
type Filter struct {
	Paths []string `yaml:"paths"`
}

// Starts reports whether an event starts the workflow.
func (w Workflow) Starts(event string) bool { return slices.Contains(w.On.Starts, event) }

// Concurrency names the group of runs that wait for, or cancel, one another.
type Concurrency struct {
	Group  string `yaml:"group"`
	Cancel bool   `yaml:"cancel-in-progress"`
	Queue  string `yaml:"queue"` // "max": all wait; otherwise a new waiting run cancels the former one
}

// Job is one job: its own steps, or another workflow.
type Job struct {
	If          string             `yaml:"if"`
	Uses        string             `yaml:"uses"`
	Needs       yaml.Node          `yaml:"needs"`
	Permissions *map[string]string `yaml:"permissions"`
	Timeout     int                `yaml:"timeout-minutes"`
	Concurrency *Concurrency       `yaml:"concurrency"`
	Env         map[string]string  `yaml:"env"`
	With        map[string]any     `yaml:"with"`
	Secrets     yaml.Node          `yaml:"secrets"`
	Steps       []Step             `yaml:"steps"`
}

// Step is one step of a job.
type Step struct {
	If   string            `yaml:"if"`
	Uses string            `yaml:"uses"`
	Run  string            `yaml:"run"`
	Env  map[string]string `yaml:"env"`
	With map[string]any    `yaml:"with"`
}

// Parse reads one workflow.
func Parse(text string) (Workflow, error) {
	w := Workflow{Text: text}
	var events struct {
		On map[string]any `yaml:"on"`
	}
	err := errors.Join(yaml.Unmarshal([]byte(text), &w), yaml.Unmarshal([]byte(text), &events))
	w.On.Starts = slices.Sorted(maps.Keys(events.On))
	return w, err
}

// Read reads the workflows in a directory, by file name.
func Read(dir string) (map[string]Workflow, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.y*ml"))
	if err != nil {
		return nil, err
	}
	all := make(map[string]Workflow)
	for _, name := range names {
		text, err := os.ReadFile(name) //nolint:gosec // a file of the repository
		if err != nil {
			return nil, err
		}
		if all[filepath.Base(name)], err = Parse(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return all, nil
}

// Task is the tested part of a task of Taskfile.yml.
type Task struct {
	Internal bool `yaml:"internal"`
	Requires struct {
		Vars []yaml.Node `yaml:"vars"`
	} `yaml:"requires"`
}

// Needs names the variables that the task requires.
func (t Task) Needs() []string {
	var names []string
	for _, node := range t.Requires.Vars {
		var detailed struct {
			Name string `yaml:"name"`
		}
		if node.Decode(&detailed) == nil && detailed.Name != "" {
			names = append(names, detailed.Name)
		} else {
			names = append(names, node.Value)
		}
	}
	return names
}

// Tasks reads a Taskfile's tasks.
func Tasks(name string) (map[string]Task, error) {
	text, err := os.ReadFile(name) //nolint:gosec // a file of the repository
	if err != nil {
		return nil, err
	}
	var file struct {
		Tasks map[string]Task `yaml:"tasks"`
	}
	return file.Tasks, yaml.Unmarshal(text, &file)
}
