package redis

import (
	"context"
	"errors"
	"strconv"

	goredis "github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/fualab/fualab/shared/tracing"
)

// Trace makes client create a span for each command of a trace. A nil client
// has no commands.
func Trace(client *Client) {
	if client != nil {
		client.AddHook(spans{})
	}
}

type spans struct{}

var system = attribute.String("db.system.name", "redis")

func (spans) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (spans) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		ctx, span := tracing.Start(ctx, cmd.FullName(), trace.SpanKindClient, system)
		err := next(ctx, cmd)
		end(span, err)
		return err
	}
}

func (spans) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		ctx, span := tracing.Start(ctx, "pipeline of "+strconv.Itoa(len(cmds)), trace.SpanKindClient, system)
		err := next(ctx, cmds)
		end(span, err)
		return err
	}
}

func end(span trace.Span, err error) {
	if errors.Is(err, Nil) {
		err = nil // a missing key is a normal answer
	}
	tracing.End(span, err)
}
