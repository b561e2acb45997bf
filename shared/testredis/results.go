package testredis

import (
	"context"
	"slices"

	goredis "github.com/redis/go-redis/v9"
)

// Results returns the result of each of client's commands with the given name,
// in lower case, alone or in a pipeline. It removes the time limit of a
// pipeline with such a command, because a busy machine may exceed it. Call it
// before the first use of client.
func Results(client interface{ AddHook(hook goredis.Hook) }, name string) <-chan error {
	all := results{name: name, errs: make(chan error, 1000)}
	client.AddHook(all)
	return all.errs
}

type results struct {
	name string
	errs chan error
}

func (results) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (r results) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		err := next(ctx, cmd)
		if cmd.Name() == r.name {
			r.errs <- err
		}
		return err
	}
}

func (r results) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		if !slices.ContainsFunc(cmds, func(c goredis.Cmder) bool { return c.Name() == r.name }) {
			return next(ctx, cmds)
		}
		err := next(context.WithoutCancel(ctx), cmds)
		r.errs <- err
		return err
	}
}
