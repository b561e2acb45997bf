package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	migrateTimeout = 30 * time.Minute
	migrateLines   = 50
)

// Migrate implements cloud: it runs the one-off task, waits for its end, and
// wants its exit code to be 0. Of a failed one it prints the last lines.
func (a *account) Migrate(ctx context.Context, o Outputs, out io.Writer) error {
	if o.Migrate == nil {
		return errors.New("the stack has no task that migrates")
	}
	started, err := a.tasks.RunTask(ctx, &ecs.RunTaskInput{
		Cluster: aws.String(o.Cluster), TaskDefinition: aws.String(o.Migrate.TaskDefinition), LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: o.Migrate.Subnets, SecurityGroups: []string{o.Migrate.SecurityGroup}, AssignPublicIp: ecstypes.AssignPublicIpEnabled,
		}},
	})
	if err != nil {
		return fmt.Errorf("start the task: %w", err)
	}
	if len(started.Tasks) == 0 {
		return fmt.Errorf("start the task: %s", failures(started.Failures))
	}
	arn := aws.ToString(started.Tasks[0].TaskArn)
	// An interrupted wait leaves the task to itself: it holds the schema's lock, and a migration may be killed anywhere.
	find := &ecs.DescribeTasksInput{Cluster: aws.String(o.Cluster), Tasks: []string{arn}}
	if err := ecs.NewTasksStoppedWaiter(a.tasks).Wait(ctx, find, migrateTimeout); err != nil {
		return fmt.Errorf("wait for task %s: %w", lastPart(arn), err)
	}
	got, err := a.tasks.DescribeTasks(ctx, find)
	if err != nil {
		return fmt.Errorf("describe task %s: %w", lastPart(arn), err)
	}
	if len(got.Tasks) == 0 || len(got.Tasks[0].Containers) == 0 {
		return fmt.Errorf("task %s is gone, and with it how it ended", lastPart(arn))
	}
	return a.ended(ctx, got.Tasks[0], o.Migrate.LogGroup, out)
}

func (a *account) ended(ctx context.Context, task ecstypes.Task, group string, out io.Writer) error {
	id, container := lastPart(aws.ToString(task.TaskArn)), task.Containers[0]
	if container.ExitCode != nil && *container.ExitCode == 0 {
		return nil
	}
	if err := a.printLog(ctx, group, "migrate/migrate/"+id, out); err != nil {
		fmt.Fprintf(out, "  its log cannot be read: %v\n", err) //nolint:errcheck // a terminal that is gone stops no deployment
	}
	if container.ExitCode == nil {
		return fmt.Errorf("task %s did not start: %s %s", id, aws.ToString(task.StoppedReason), aws.ToString(container.Reason))
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
