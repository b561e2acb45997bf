// Command release prepares a module's release and makes its parts:
// images, notes, binaries. The tasks release* call it, on a laptop as in the
// workflows.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

const usage = `usage: release prepare  -module api -version 0.2.0      changelog, required shared, and a commit; nothing is pushed
       release tag      -tag api/v0.2.0                 the tag, on main's commit of the release; nothing is pushed
       release check    -tag api/v0.2.0                 a tag that may be released
       release compat   [-module api]                   each service with the shared that it requires
       release images   -registry R -name main-SHA      what changed is built, and the record is written; with -repository O/R
                                                        an image that its cd-build has signed is not built again
       release scan     -record FILE                    fails on high findings of ECR in what was built
       release sign     -record FILE                    a signature without a key for each built image, then all names
       release verify   -record FILE -repository O/R    signatures, provenance, sources; with -current FILE only forward;
                                                        -out FILE is the verified record, for deploy
                                                        -unattested: the signature alone tells the commit
       release pair     -current FILE -out FILE         the record of versions: -api v0.3.0, -worker v0.2.0 or both
       release client   -record FILE -out DIR           the web client's files, out of its image
       release shape    -record FILE                    the Terraform of the record's commit, in the work tree
       release promote  -registry R -tag api/v0.2.0     the image of the tag's commit is tagged v0.2.0; wants -repository O/R
       release notes    -tag api/v0.2.0                 the changelog's section
       release binaries -tag api/v0.2.0 -out DIR        programs and their checksums
       release summary  -record FILE -log FILE          what a deployment did, as Markdown
`

// A mistake in the command exits with 2, whatever else fails with 1.
var errUsage = errors.New("the command is not understood")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "release:", err)
	if errors.Is(err, errUsage) {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	os.Exit(1)
}

// timeout bounds every command; building both images for two architectures is
// the longest.
const timeout = time.Hour

// options are the flags of all commands; each takes the ones that it needs.
type options struct {
	dir, module, version, tag, registry, name, record, current, repository, log, out, outputs, api, worker string
	attest, unattested                                                                                     bool
	wait                                                                                                   time.Duration
}

// needs names the flags that a command cannot do without.
var needs = map[string][]string{
	"prepare": {"module", "version"}, "tag": {"tag"}, "check": {"tag"}, "compat": nil, "images": {"registry", "name"}, "sign": {"record"}, "scan": {"record"},
	"verify": {"record", "repository"}, "promote": {"registry", "repository", "tag"}, "notes": {"tag"}, "binaries": {"tag", "out"},
	"summary": {"record", "log"}, "shape": {"record"}, "pair": {"current", "out"}, "client": {"record", "out"},
}

func parse(args []string) (command string, o options, err error) {
	if len(args) == 0 {
		return "", o, errUsage
	}
	command = args[0]
	wanted, known := needs[command]
	if !known {
		return "", o, fmt.Errorf("%w: %q is no command", errUsage, command)
	}
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	for name, to := range map[string]*string{
		"module": &o.module, "version": &o.version, "tag": &o.tag, "registry": &o.registry, "name": &o.name, "record": &o.record,
		"current": &o.current, "repository": &o.repository, "log": &o.log, "out": &o.out, "outputs": &o.outputs, "api": &o.api, "worker": &o.worker,
	} {
		flags.StringVar(to, name, "", "")
	}
	flags.StringVar(&o.dir, "C", ".", "")
	flags.BoolVar(&o.attest, "attest", false, "")
	flags.BoolVar(&o.unattested, "unattested", false, "")
	flags.DurationVar(&o.wait, "wait", 0, "")
	if err := flags.Parse(args[1:]); err != nil {
		return "", o, fmt.Errorf("%w: %w", errUsage, err)
	}
	for _, name := range wanted {
		if flags.Lookup(name).Value.String() == "" {
			return "", o, fmt.Errorf("%w: %s wants -%s", errUsage, command, name)
		}
	}
	if flags.NArg() > 0 {
		return "", o, fmt.Errorf("%w: %q is no option", errUsage, flags.Arg(0))
	}
	if o.module != "" && !slices.Contains(modules, o.module) {
		return "", o, fmt.Errorf("%w: %q is none of the modules that are released: %v", errUsage, o.module, modules)
	}
	return command, o, nil
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	command, o, err := parse(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r := &repository{dir: o.dir, out: stdout, unattested: o.unattested}
	switch command {
	case "prepare":
		return r.prepare(ctx, o.module, o.version, time.Now().UTC())
	case "tag":
		return r.tag(ctx, o.tag)
	case "check":
		return r.check(ctx, o.tag)
	case "compat":
		return r.compatAll(ctx, o.module)
	case "images":
		return r.images(ctx, imageOptions{registry: o.registry, name: o.name, repository: o.repository, out: o.out, outputs: o.outputs, build: r.buildx(o.attest)})
	case "scan":
		return r.scan(ctx, o.record, "ops/release/accepted-findings.txt")
	case "sign":
		return r.sign(ctx, o.record)
	case "verify":
		return r.verify(ctx, o)
	case "client":
		return r.client(ctx, o.record, o.out)
	case "shape":
		return r.shape(ctx, o.record, o.out)
	case "pair":
		return r.pair(ctx, o)
	case "promote":
		return r.promote(ctx, o.registry, o.repository, o.tag, o.wait)
	case "notes":
		return r.notes(o.tag)
	case "binaries":
		return r.binaries(ctx, o.tag, o.out, everywhere)
	default:
		return r.summary(o.record, o.log)
	}
}
