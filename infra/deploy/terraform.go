package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// Outputs are those of infra/terraform-ecs that a deployment needs.
type Outputs struct {
	Cluster  string
	Ingress  string
	URL      string // "" with ingress public_ip
	Migrate  *MigrateTask
	Services map[string]Range
	Client   *Client // nil without a web client
	// TaskDefinitions has the ARN of the task definition of each program.
	TaskDefinitions map[string]string
}

// MigrateTask tells how to run the one-off task that migrates.
type MigrateTask struct {
	TaskDefinition string   `json:"task_definition"`
	Subnets        []string `json:"subnets"`
	SecurityGroup  string   `json:"security_group"`
	LogGroup       string   `json:"log_group"`
}

// Range is how many tasks a service has, at least and at most.
type Range struct {
	Least int32 `json:"least"`
	Most  int32 `json:"most"`
}

// Bounds of one call of terraform. The stack waits 20 minutes for each service;
// an interrupted apply is given time to write its state and leave its lock.
const (
	applyTimeout   = 50 * time.Minute
	outputTimeout  = 2 * time.Minute
	planTimeout    = 10 * time.Minute
	interruptDelay = 2 * time.Minute
)

// terraform is a stack's root directory, initialised.
type terraform struct {
	dir, varFile string
	out          io.Writer
}

// Apply implements stack. The state's lock lets one apply run at a time.
func (t *terraform) Apply(ctx context.Context, images Images) error {
	ctx, cancel := context.WithTimeout(ctx, applyTimeout)
	defer cancel()
	arguments, err := t.arguments(images)
	if err != nil {
		return err
	}
	return t.run(ctx, t.out, append([]string{"apply", "-auto-approve"}, arguments...)...)
}

// arguments are those that plan and apply have in common.
func (t *terraform) arguments(images Images) ([]string, error) {
	value, err := json.Marshal(images)
	return []string{"-input=false", "-no-color", "-compact-warnings", "-lock-timeout=30s", "-var-file=" + t.varFile, "-var=images=" + string(value)}, err
}

// Outputs implements stack.
func (t *terraform) Outputs(ctx context.Context) (Outputs, error) {
	ctx, cancel := context.WithTimeout(ctx, outputTimeout)
	defer cancel()
	var text bytes.Buffer
	if err := t.run(ctx, &text, "output", "-json", "-no-color"); err != nil {
		return Outputs{}, err
	}
	return parseOutputs(text.Bytes())
}

func parseOutputs(text []byte) (o Outputs, err error) {
	var all map[string]struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return o, fmt.Errorf("terraform output: %w", err)
	}
	for name, into := range map[string]any{
		"cluster": &o.Cluster, "ingress": &o.Ingress, "url": &o.URL, "migrate": &o.Migrate,
		"services": &o.Services, "task_definitions": &o.TaskDefinitions, "web_client": &o.Client,
	} {
		value, ok := all[name]
		if !ok && name == "web_client" { // Terraform may leave an output out that is null
			continue
		}
		if !ok {
			return o, fmt.Errorf("terraform output: the stack has no output %q: apply it once by hand", name)
		}
		if err := json.Unmarshal(value.Value, into); err != nil {
			return o, fmt.Errorf("terraform output %q: %w", name, err)
		}
	}
	return o, nil
}

func (t *terraform) run(ctx context.Context, stdout io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, "terraform", args...) //nolint:gosec // no shell; the arguments are validated names and digests
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.dir, stdout, t.out
	cmd.Env = append(os.Environ(), "TF_IN_AUTOMATION=1")
	cmd.SysProcAttr = ownGroup() // a Ctrl-C reaches it once, from here: terraform takes a second one for "at once"
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = interruptDelay
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("terraform is not installed: https://developer.hashicorp.com/terraform/install")
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("terraform %s, see above: %w", args[0], err)
	}
	return nil
}
