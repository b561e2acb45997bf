package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// stack has the steps that Terraform does for a deployment.
type stack interface {
	// Check fails, before anything changes, if images are not all that an apply
	// would change.
	Check(ctx context.Context, images Images) error
	// Apply makes the stack run images; it fails when ECS rolls back.
	Apply(ctx context.Context, images Images) error
	Outputs(ctx context.Context) (Outputs, error)
}

// cloud has the requests of a deployment to AWS itself.
type cloud interface {
	Record(ctx context.Context, name string) (Release, error)
	PutRecord(ctx context.Context, name string, r Release) error
	// Keep protects the images of the release that has a name of the record.
	Keep(ctx context.Context, name string, r Release) error
	SmokeToken(ctx context.Context) (string, error)
	Migrate(ctx context.Context, o Outputs, out io.Writer) error
	// Run runs a command of the API once, and prints its output.
	Run(ctx context.Context, o Outputs, command []string, out io.Writer) error
	// MakeSmokeToken makes the token of an environment that has none.
	MakeSmokeToken(ctx context.Context, o Outputs, out io.Writer) (string, error)
	Scale(ctx context.Context, o Outputs, out io.Writer) error
	// PutClient uploads the web client, and returns the files it has replaced.
	PutClient(ctx context.Context, c Client, s site) (site, error)
	Address(ctx context.Context, o Outputs) (string, error)
	Services(ctx context.Context, cluster string) ([]Service, error)
}

const (
	current  = "current"
	previous = "previous"
)

// releaseTimeout bounds a deployment, and restoreTimeout taking it back, which
// goes on after the deployment itself was interrupted. A workflow's job, and
// its credentials, last longer than both together.
const (
	releaseTimeout = 75 * time.Minute
	restoreTimeout = 30 * time.Minute
)

type deployment struct {
	environment string
	stack       stack
	cloud       cloud
	out         io.Writer
	smoke       time.Duration // how long the smoke test waits for an answer
	site        site          // the web client of the release, nil for none
	replaced    func(ctx context.Context) error
}

// Deploy brings a release onto the stack. When it fails, the release before it
// runs again.
func (d *deployment) Deploy(ctx context.Context, next Release) error {
	return d.replace(ctx, next, true)
}

// Rollback is Deploy without a migration.
func (d *deployment) Rollback(ctx context.Context, next Release) error {
	return d.replace(ctx, next, false)
}

// replace makes next run instead of the recorded release, or fails with that
// back in its place.
func (d *deployment) replace(ctx context.Context, next Release, migrate bool) (err error) {
	began := time.Now()
	now, err := d.cloud.Record(ctx, current)
	if err != nil {
		return err
	}
	d.say("%s: %s → %s", d.environment, title(now), title(next))
	if err := d.step("what would change", func() error { return d.stack.Check(ctx, d.images(next)) }); err != nil {
		return fmt.Errorf("%s was not released, and nothing was changed: %w", next.Name, err)
	}
	limited, cancel := context.WithTimeout(ctx, releaseTimeout)
	defer cancel()
	if err := d.try(limited, now, next, migrate); err != nil {
		d.say("FAILED: %v", err)
		if restoring := d.restore(ctx, now, next); restoring != nil {
			return fmt.Errorf("%w; and %s could not be put back, so run `go tool task rollback ENV=%s RELEASE=%s`: %w", err, title(now), d.environment, now.Name, restoring)
		}
		return fmt.Errorf("%s was not released, %s runs: %w", next.Name, title(now), err)
	}
	d.say("%s runs %s after %s", d.environment, next.Name, time.Since(began).Round(time.Second))
	return nil
}

func (d *deployment) try(ctx context.Context, now, next Release, migrate bool) error {
	if migrate {
		if err := d.migrate(ctx, now, next); err != nil {
			return err
		}
	}
	if err := d.step("services", func() error { return d.stack.Apply(ctx, d.images(next)) }); err != nil {
		return err
	}
	outputs, err := d.stack.Outputs(ctx)
	if err != nil {
		return err
	}
	// At night there are no tasks, and nothing could be tried.
	if err := d.step("number of tasks", func() error { return d.cloud.Scale(ctx, outputs, d.out) }); err != nil {
		return err
	}
	if err := d.step("smoke test", func() error { return d.smokeTest(ctx, outputs, next) }); err != nil {
		return err
	}
	// The API has passed: the client of before can talk to it, and the new one as well.
	if outputs.Client != nil {
		if err := d.step("web client", func() error { return d.client(ctx, *outputs.Client) }); err != nil {
			return err
		}
	}
	return d.step("record", func() error { return d.record(ctx, now, next) })
}

// client uploads the web client, and waits until it is served. The replaced files
// are put back with the rest when the release fails.
func (d *deployment) client(ctx context.Context, c Client) error {
	if d.site == nil {
		d.say("  the release has none: %s stays as it is", c.URL)
		return nil
	}
	before, err := d.cloud.PutClient(ctx, c, d.site)
	d.replaced = func(ctx context.Context) error {
		_, err := d.cloud.PutClient(ctx, c, before)
		return err
	}
	if err != nil {
		return err
	}
	d.say("  at %s, %d files", c.URL, len(d.site))
	return c.released(ctx, d.site["index.html"], d.smoke)
}

// migrate is phase A: the stack learns the new migration, beside the services
// as they are, and it runs once.
func (d *deployment) migrate(ctx context.Context, now, next Release) error {
	images := d.images(now)
	images.Migrate = next.Images.API
	if err := d.step("migration's task", func() error { return d.stack.Apply(ctx, images) }); err != nil {
		return err
	}
	outputs, err := d.stack.Outputs(ctx)
	if err != nil {
		return err
	}
	return d.step("migration", func() error { return d.cloud.Migrate(ctx, outputs, d.out) })
}

func (d *deployment) smokeTest(ctx context.Context, o Outputs, next Release) error {
	token, err := d.cloud.SmokeToken(ctx)
	if err != nil {
		return err
	}
	if token == "" {
		d.say("  there is no token yet: making one")
		if token, err = d.cloud.MakeSmokeToken(ctx, o, d.out); err != nil {
			return fmt.Errorf("make its token: %w", err)
		}
	}
	url, err := d.cloud.Address(ctx, o)
	if err != nil {
		return err
	}
	d.say("  at %s", url)
	return smokeTest{url: url, token: token, want: next, patience: d.smoke}.run(ctx)
}

// record makes next the current release. Another deployment that has written
// it meanwhile wins: this one does not know which release then runs.
func (d *deployment) record(ctx context.Context, now, next Release) error {
	found, err := d.cloud.Record(ctx, current)
	if err != nil {
		return err
	}
	if found.Name != now.Name {
		return fmt.Errorf("another deployment has released %s meanwhile: run one at a time", title(found))
	}
	// Protected before they are on record, because a release on record can be put back.
	if now.Name != next.Name {
		if err := d.cloud.Keep(ctx, previous, now); err != nil {
			return err
		}
	}
	if err := d.cloud.Keep(ctx, current, next); err != nil {
		return err
	}
	if now.Name != next.Name && !now.none() { // released again, it has the same previous one
		if err := d.cloud.PutRecord(ctx, previous, now); err != nil {
			return err
		}
	}
	at := time.Now().UTC().Truncate(time.Second)
	next.DeployedAt = &at
	return d.cloud.PutRecord(ctx, current, next)
}

// restore makes the recorded release run. It goes on when ctx is done. Of a
// first release that failed, the one-off task stays: commands can be run in the
// stack to find out why.
func (d *deployment) restore(ctx context.Context, now, failed Release) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreTimeout)
	defer cancel()
	// Another deployment may have written it; the record is right.
	if found, err := d.cloud.Record(ctx, current); err == nil {
		now = found
	}
	return d.step("putting "+title(now)+" back", func() error {
		if d.replaced != nil {
			if err := d.replaced(ctx); err != nil {
				return err
			}
		}
		images := d.images(now)
		if now.none() {
			images.Migrate = failed.Images.API
		}
		return d.stack.Apply(ctx, images)
	})
}

// images are those of a release, as the stack runs them.
func (*deployment) images(r Release) Images {
	images := r.Images
	images.Migrate, images.Frontend = r.Images.API, nil
	return images
}

// Status prints the current release, the one before, and the state of the services.
func (d *deployment) Status(ctx context.Context) error {
	for _, name := range []string{current, previous} {
		r, err := d.cloud.Record(ctx, name)
		if err != nil {
			return err
		}
		at := ""
		if r.DeployedAt != nil {
			at = ", released " + r.DeployedAt.Format(time.RFC3339)
		}
		d.say("%-8s %s%s", name, title(r), at)
	}
	services, err := d.cloud.Services(ctx, "fualab-"+d.environment)
	for _, s := range services {
		d.say("%-8s %d of %d tasks, rollout %s, %s", s.Name, s.Running, s.Desired, s.Rollout, s.TaskDefinition)
	}
	if err != nil {
		return err
	}
	// The rest is known without the stack's state.
	address, err := d.address(ctx)
	if err != nil {
		address = "unknown: " + err.Error()
	}
	d.say("%-8s %s", "address", address)
	return nil
}

func (d *deployment) address(ctx context.Context) (string, error) {
	o, err := d.stack.Outputs(ctx)
	if err != nil {
		return "", err
	}
	address, err := d.cloud.Address(ctx, o)
	if err == nil && o.Client != nil {
		address += ", web client " + o.Client.URL
	}
	return address, err
}

func (d *deployment) step(name string, do func() error) error {
	began := time.Now()
	d.say("→ %s", name)
	if err := do(); err != nil {
		if errors.Is(err, context.Canceled) {
			return fmt.Errorf("%s: interrupted", name)
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	d.say("✓ %s, %s", name, time.Since(began).Round(100*time.Millisecond))
	return nil
}

func (d *deployment) say(format string, args ...any) {
	fmt.Fprintf(d.out, format+"\n", args...) //nolint:errcheck // a terminal that is gone stops no deployment
}

func title(r Release) string {
	if r.none() {
		return "no release"
	}
	return r.Name
}
