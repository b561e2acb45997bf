package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// A state is an unfinished update. It is in git's own folder, so that no commit has it.
type state struct {
	Branch string `json:"branch"` // of the update
	Home   string `json:"home"`   // the branch before, or the commit without one
	Start  string `json:"start"`  // the commit before
	Base   string `json:"base"`   // commits of the platform
	Target string `json:"target"`
	// RenderedBase and RenderedTarget are the same with the names of the product.
	RenderedBase   string `json:"rendered_base"`
	RenderedTarget string `json:"rendered_target"`
	// Merging is set before git begins the merge.
	Merging   bool     `json:"merging"`
	Conflicts []string `json:"conflicts"` // files that needed a decision
	Written   []string `json:"written"`   // conflicts in generated files
}

func (r *repository) statePath(ctx context.Context) (string, error) {
	return r.git(ctx, "rev-parse", "--path-format=absolute", "--git-path", "platform-update.json")
}

// state returns the unfinished update, nil without one.
func (r *repository) state(ctx context.Context) (*state, error) {
	path, err := r.statePath(ctx)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path) //nolint:gosec // of git's folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no update is no error
	}
	if err != nil {
		return nil, err
	}
	var s state
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("read %s: %w; remove it, and the branch of the update", path, err)
	}
	return &s, nil
}

// save writes the state at once as a whole; nil removes it.
func (r *repository) save(ctx context.Context, s *state) error {
	path, err := r.statePath(ctx)
	if err != nil {
		return err
	}
	if s == nil {
		return os.Remove(path)
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", text, 0o644); err != nil { //nolint:gosec // it has no secret
		return err
	}
	return os.Rename(path+".new", path)
}
