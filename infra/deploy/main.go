// Command deploy brings a release onto the stack of infra/terraform-ecs, takes
// it back when anything fails, and prints the release that runs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"syscall"
)

const usage = `usage: deploy deploy   -env dev [-record FILE]   migrate, release, try it; take it back if anything fails
       deploy rollback -env dev [-record FILE]   release without migrating
       deploy status   -env dev                  what runs, and what ran before
       deploy plan     -env dev                  what the sources would change of the stack, and its cost, as Markdown
       deploy run      -env dev -- COMMAND …     a command of fualab-api as a task in the stack, such as
                                                 token create --name ci, migrate status, doctor

  -record FILE    the record that release:verify has written (default bin/verified.json)
  -client DIR     the web client's files, as release:client has written them (default bin/client)
  -commit ID      the commit of the stack's Terraform, which goes into the record
  -stack DIR      the stack (default infra/terraform-ecs), initialised with its backend
  -var-file FILE  its variables, seen from DIR (default ENV.tfvars)

AWS is reached with the credentials of the environment, as by its command line.
`

// A mistake in the command exits with 2, whatever else fails with 1.
var errUsage = errors.New("the command is not understood")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal takes the release back; a second one ends that, too.
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "deploy:", err)
	if code := exitCode(0); errors.As(err, &code) {
		os.Exit(int(code))
	}
	if errors.Is(err, errUsage) {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	os.Exit(1)
}

type options struct {
	command, environment, record, dir, varFile, client, commit string
	run                                                        []string // the arguments after --
}

var environmentName = regexp.MustCompile(`^[a-z][a-z0-9]{1,11}$`)

func parse(args []string) (options, error) {
	var o options
	if len(args) == 0 {
		return o, errUsage
	}
	o.command = args[0]
	flags := flag.NewFlagSet("deploy", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.environment, "env", "", "")
	flags.StringVar(&o.record, "record", "bin/verified.json", "")
	flags.StringVar(&o.commit, "commit", "", "")
	flags.StringVar(&o.client, "client", "bin/client", "")
	flags.StringVar(&o.dir, "stack", "infra/terraform-ecs", "")
	flags.StringVar(&o.varFile, "var-file", "", "")
	if err := flags.Parse(args[1:]); err != nil {
		return o, fmt.Errorf("%w: %w", errUsage, err)
	}
	if o.varFile == "" {
		o.varFile = o.environment + ".tfvars"
	}
	switch {
	case o.command == "run" && flags.NArg() == 0:
		return o, fmt.Errorf("%w: run wants a command, as in run -env dev -- migrate status", errUsage)
	case o.command != "run" && flags.NArg() > 0:
		return o, fmt.Errorf("%w: %q is no option", errUsage, flags.Arg(0))
	case !environmentName.MatchString(o.environment):
		return o, fmt.Errorf("%w: -env wants an environment, such as dev", errUsage)
	case !slices.Contains([]string{"deploy", "rollback", "status", "run", "plan"}, o.command):
		return o, fmt.Errorf("%w: %q is no command", errUsage, o.command)
	case o.command == "run":
		o.run = flags.Args()
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	var next Release
	if o.command == "deploy" || o.command == "rollback" {
		if next, err = verifiedRelease(o.record); err != nil {
			return err
		}
	}
	if o.command == "plan" { // without an account: a pull request may read the state alone
		return (&terraform{dir: o.dir, varFile: o.varFile, out: os.Stderr}).Review(ctx, o.environment, stdout)
	}
	next.Stack = o.commit
	cloud, err := newCloud(ctx, o.environment)
	if err != nil {
		return err
	}
	d := &deployment{
		environment: o.environment, stack: &terraform{dir: o.dir, varFile: o.varFile, out: stdout},
		cloud: cloud, out: stdout, smoke: smokePatience,
	}
	if next.Images.Frontend != nil {
		if d.site, err = readSite(o.client); err != nil {
			return err
		}
		if d.site == nil {
			return fmt.Errorf("%s has no web client, and the release has one: go tool task release:client writes it", o.client)
		}
	}
	switch o.command {
	case "deploy":
		return d.Deploy(ctx, next)
	case "rollback":
		return d.Rollback(ctx, next)
	case "run":
		return d.Run(ctx, o.run)
	default:
		return d.Status(ctx)
	}
}
