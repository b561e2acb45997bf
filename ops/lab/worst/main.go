// Command worst sends the worst accepted requests, from 16 callers at a time, while another caller sends small requests.
// It sends bodies first, then files of imports, which the worker reads meanwhile and afterwards. Both programs run under the
// memory limits of docker-compose.yml, or with -limits ecs of the tasks on ECS. The command prints the peaks of memory and
// the slowest response to the other caller. It fails beyond 200 MiB, a second, or at the end of a process.
//
//	ops/ci/with-services.sh go run ./ops/lab/worst -duration 60s
//
// It needs Linux, root for the memory limits (control groups), and FUALAB_TEST_DATABASE_URL; without that it uses SQLite.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	attackers  = 16
	mostBytes  = 200 << 20 // limit of a program's resident memory
	mostWait   = time.Second
	startLimit = 30 * time.Second
	drainLimit = 15 * time.Minute // for a hundred files, the limit of the API
)

// limits are the memory limits of one process.
type limits struct {
	bytes int64  // of its control group
	soft  string // GOMEMLIMIT
}

// places are the limits of API and worker, as docker-compose.yml and infra/terraform-ecs/ecs.tf have them. On ECS the worker
// shares its task with a Redis of 128 MiB.
var places = map[string]struct{ api, worker limits }{
	"compose": {limits{256 << 20, "200MiB"}, limits{256 << 20, "200MiB"}},
	"ecs":     {limits{512 << 20, "409MiB"}, limits{384 << 20, "307MiB"}},
}

func main() {
	duration := flag.Duration("duration", time.Minute, "duration of each attack")
	place := flag.String("limits", "compose", "the memory limits: compose or ecs")
	seed := flag.Uint64("seed", 1, "chooses the order of bodies and files")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 2*(*duration+drainLimit)+10*time.Minute)
	defer cancel()
	if err := run(ctx, *duration, *place, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "worst:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, duration time.Duration, place string, seed uint64) error {
	bounds, known := places[place]
	if !known {
		return fmt.Errorf("-limits %q is neither compose nor ecs", place)
	}
	dir, err := os.MkdirTemp("", "fualab-worst-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	database := cmp.Or(os.Getenv("FUALAB_TEST_DATABASE_URL"), "sqlite:///"+filepath.Join(dir, "worst.db"))
	api, err := start(ctx, dir, "api", database, bounds.api)
	if err != nil {
		return err
	}
	defer api.stop()
	a := attack{api: api, watched: []*service{api}, duration: duration, seed: seed}
	faults := []error{a.run(ctx, "bodies", worstBodies())}

	worker, err := start(ctx, dir, "worker", database, bounds.worker)
	if err != nil {
		return errors.Join(append(faults, err)...)
	}
	defer worker.stop()
	files, err := worstFiles()
	if err != nil {
		return err
	}
	a.watched, a.until = append(a.watched, worker), api.importsHaveEnded
	return errors.Join(append(faults, a.run(ctx, "files", files))...)
}
