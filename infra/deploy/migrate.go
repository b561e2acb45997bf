package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	migrateTimeout = 30 * time.Minute
	migrateLines   = 50
)

// Migrate implements cloud: it runs the one-off task, waits for its end, and
// wants its exit code to be 0. Of a failed one it prints the last lines.
func (a *account) Migrate(ctx context.Context, o Outputs, out io.Writer) error {
	task, err := a.once(ctx, o, nil)
	if err != nil {
		return err
	}
	return a.ended(ctx, task, o.Migrate.LogGroup, out)
}

func (a *account) ended(ctx context.Context, task ecstypes.Task, group string, out io.Writer) error {
	id, container := lastPart(aws.ToString(task.TaskArn)), task.Containers[0]
	if container.ExitCode != nil && *container.ExitCode == 0 {
		return nil
	}
	if err := a.printLog(ctx, group, logStream(id), out); err != nil {
		fmt.Fprintf(out, "  its log cannot be read: %v\n", err) //nolint:errcheck // a terminal that is gone stops no deployment
	}
	if container.ExitCode == nil {
		return notStarted(task)
	}
	return fmt.Errorf("task %s exited with %d: its last lines are above, all of them in %s", id, *container.ExitCode, group)
}

func (a *account) printLog(ctx context.Context, group, stream string, out io.Writer) error {
	got, err := a.lines.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
		LogGroupName: aws.String(group), LogStreamName: aws.String(stream), Limit: aws.Int32(migrateLines), StartFromHead: aws.Bool(false),
	})
	if err != nil {
		return err
	}
	for _, event := range got.Events {
		fmt.Fprintf(out, "  | %s\n", aws.ToString(event.Message)) //nolint:errcheck // a terminal that is gone stops no deployment
	}
	return nil
}

func failures(list []ecstypes.Failure) string {
	text := "ECS gives no reason"
	for i, f := range list {
		if i == 0 {
			text = ""
		}
		text += fmt.Sprintf("%s %s ", aws.ToString(f.Reason), aws.ToString(f.Detail))
	}
	return text
}
