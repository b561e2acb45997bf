package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// exitCode is the status of a command that was run, unless it is 0.
type exitCode int32

func (c exitCode) Error() string { return fmt.Sprintf("the command exited with %d", int32(c)) }

const (
	logLooks = 5 // at a log that is empty: its last lines come some seconds after the task's end
	logPause = 2 * time.Second
)

// Run runs a command of the API as a one-off task in the stack's network, with
// the API's database, and prints its output. The error is an exitCode if the
// command ran and failed. A token that it is to create is made here: only its
// hash leaves this process, for whatever a task prints is kept in its log.
func (d *deployment) Run(ctx context.Context, command []string) error {
	o, err := d.stack.Outputs(ctx)
	if err != nil {
		return err
	}
	secret := ""
	if len(command) > 1 && command[0] == "token" && command[1] == "create" && !slices.Contains(command, "--hash") {
		var hash string
		secret, hash = newToken()
		command = append(slices.Clone(command), "--hash", hash)
	}
	if err := d.cloud.Run(ctx, o, command, d.out); err != nil {
		return err
	}
	if secret != "" {
		d.say("%s", secret)
	}
	return nil
}

// Run implements cloud.
func (a *account) Run(ctx context.Context, o Outputs, command []string, out io.Writer) error {
	task, err := a.once(ctx, o, command)
	if err != nil {
		return err
	}
	id, container := lastPart(aws.ToString(task.TaskArn)), task.Containers[0]
	if err := a.printWholeLog(ctx, o.Migrate.LogGroup, logStream(id), out); err != nil {
		return fmt.Errorf("task %s has ended, and its output cannot be read: %w", id, err)
	}
	switch {
	case container.ExitCode == nil:
		return notStarted(task)
	case *container.ExitCode != 0:
		return exitCode(*container.ExitCode)
	}
	return nil
}

// MakeSmokeToken implements cloud: it makes the token of the smoke test, has a
// task register its hash, and puts it into SSM.
func (a *account) MakeSmokeToken(ctx context.Context, o Outputs, out io.Writer) (string, error) {
	token, hash := newToken()
	command := []string{"token", "create", "--name", "smoke", "--scope", "read,write", "--expires", "never", "--hash", hash}
	if err := a.Run(ctx, o, command, out); err != nil {
		return "", err
	}
	_, err := a.parameters.PutParameter(ctx, &ssm.PutParameterInput{
		Name: aws.String(a.path("smoke-token")), Value: aws.String(token), Overwrite: aws.Bool(true),
	})
	return token, err
}

// once runs the one-off task, with another command than to migrate unless it is
// nil, and waits for its end. The task has at least one container.
func (a *account) once(ctx context.Context, o Outputs, command []string) (ecstypes.Task, error) {
	if o.Migrate == nil {
		return ecstypes.Task{}, errors.New("the stack has no task that could run a command: deploy a release first")
	}
	in := &ecs.RunTaskInput{
		Cluster: aws.String(o.Cluster), TaskDefinition: aws.String(o.Migrate.TaskDefinition), LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: o.Migrate.Subnets, SecurityGroups: []string{o.Migrate.SecurityGroup}, AssignPublicIp: ecstypes.AssignPublicIpEnabled,
		}},
	}
	if command != nil {
		in.Overrides = &ecstypes.TaskOverride{ContainerOverrides: []ecstypes.ContainerOverride{{Name: aws.String("migrate"), Command: command}}}
	}
	started, err := a.tasks.RunTask(ctx, in)
	if err != nil {
		return ecstypes.Task{}, fmt.Errorf("start the task: %w", err)
	}
	if len(started.Tasks) == 0 {
		return ecstypes.Task{}, fmt.Errorf("start the task: %s", failures(started.Failures))
	}
	arn := aws.ToString(started.Tasks[0].TaskArn)
	// An interrupted wait leaves the task to itself: it holds the schema's lock, and a migration may be killed anywhere.
	find := &ecs.DescribeTasksInput{Cluster: aws.String(o.Cluster), Tasks: []string{arn}}
	if err := ecs.NewTasksStoppedWaiter(a.tasks).Wait(ctx, find, migrateTimeout); err != nil {
		return ecstypes.Task{}, fmt.Errorf("wait for task %s: %w", lastPart(arn), err)
	}
	got, err := a.tasks.DescribeTasks(ctx, find)
	if err != nil {
		return ecstypes.Task{}, fmt.Errorf("describe task %s: %w", lastPart(arn), err)
	}
	if len(got.Tasks) == 0 || len(got.Tasks[0].Containers) == 0 {
		return ecstypes.Task{}, fmt.Errorf("task %s is gone, and with it how it ended", lastPart(arn))
	}
	return got.Tasks[0], nil
}

func notStarted(task ecstypes.Task) error {
	return fmt.Errorf("task %s did not start: %s %s", lastPart(aws.ToString(task.TaskArn)), aws.ToString(task.StoppedReason), aws.ToString(task.Containers[0].Reason))
}

// logStream is the one of a one-off task, by awslogs-stream-prefix, container
// and task.
func logStream(id string) string { return "migrate/migrate/" + id }

// printWholeLog prints all lines of a task that has ended.
func (a *account) printWholeLog(ctx context.Context, group, stream string, out io.Writer) error {
	in := &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String(group), LogStreamName: aws.String(stream), StartFromHead: aws.Bool(true)}
	for looks, printed := 0, false; ; {
		got, err := a.lines.GetLogEvents(ctx, in)
		if err != nil {
			return err
		}
		for _, event := range got.Events {
			printed = true
			fmt.Fprintln(out, aws.ToString(event.Message)) //nolint:errcheck // a terminal that is gone changes nothing
		}
		last := aws.ToString(got.NextForwardToken) == aws.ToString(in.NextToken)
		in.NextToken = got.NextForwardToken
		if !last && len(got.Events) > 0 {
			continue
		}
		if looks++; printed || looks == logLooks {
			return nil
		}
		pause := time.NewTimer(logPause)
		select {
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		case <-pause.C:
		}
	}
}

// newToken makes a token as `fualab-api token create` does, and the hex of its
// SHA-256: fua_, and 32 random bytes with three of their CRC-32, in base32.
func newToken() (token, hash string) {
	raw := make([]byte, 32, 35)
	_, _ = rand.Read(raw) // never fails
	raw = append(raw, binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(raw))[:3]...)
	token = "fua_" + base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding).EncodeToString(raw)
	sum := sha256.Sum256([]byte(token))
	return token, hex.EncodeToString(sum[:])
}
