package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const taskARN = "arn:aws:ecs:us-east-1:1:task/fualab-dev/0123abc"

var migrating = Outputs{Cluster: "fualab-dev", Migrate: &MigrateTask{
	TaskDefinition: "fualab-dev-migrate:7", Subnets: []string{"subnet-1", "subnet-2"}, SecurityGroup: "sg-1", LogGroup: "/fualab/dev/migrate",
}}

// started is the answer to RunTask.
var started = &ecs.RunTaskOutput{Tasks: []ecstypes.Task{{TaskArn: aws.String(taskARN)}}}

// task is the answer to DescribeTasks; without an exit code it has not begun.
func task(status string, code *int32) *ecs.DescribeTasksOutput {
	return &ecs.DescribeTasksOutput{Tasks: []ecstypes.Task{{
		TaskArn: aws.String(taskARN), LastStatus: aws.String(status), StoppedReason: aws.String("Essential container exited"),
		Containers: []ecstypes.Container{{ExitCode: code, Reason: aws.String("CannotPullContainerError")}},
	}}}
}

func TestMigrateRunsTheStacksTask(t *testing.T) {
	t.Parallel()
	var ran *ecs.RunTaskInput
	m := &memory{
		runTask: func(in *ecs.RunTaskInput) (*ecs.RunTaskOutput, error) {
			ran = in
			return started, nil
		},
		describeTasks: func(in *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
			if aws.ToString(in.Cluster) != "fualab-dev" || len(in.Tasks) != 1 || in.Tasks[0] != taskARN {
				t.Errorf("asked for %q of %s", in.Tasks, aws.ToString(in.Cluster))
			}
			return task("STOPPED", aws.Int32(0)), nil
		},
	}
	var out bytes.Buffer
	if err := m.account().Migrate(t.Context(), migrating, &out); err != nil || out.String() != "" {
		t.Errorf("error %v, printed %q", err, out.String())
	}
	want := &ecs.RunTaskInput{
		Cluster: aws.String("fualab-dev"), TaskDefinition: aws.String("fualab-dev-migrate:7"), LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{"subnet-1", "subnet-2"}, SecurityGroups: []string{"sg-1"}, AssignPublicIp: ecstypes.AssignPublicIpEnabled,
		}},
	}
	ignore := cmpopts.IgnoreUnexported(ecs.RunTaskInput{}, ecstypes.NetworkConfiguration{}, ecstypes.AwsVpcConfiguration{})
	if diff := cmp.Diff(want, ran, ignore); diff != "" {
		t.Errorf("(-wanted +run):\n%s", diff)
	}
}

// TestMigrateFails: a migration counts only once ECS says that its container
// has exited with 0.
func TestMigrateFails(t *testing.T) {
	t.Parallel()
	run := answering[ecs.RunTaskInput](started)
	for name, tt := range map[string]struct {
		outputs Outputs
		memory  memory
		says    string
		aws     bool // the error is AWS' own
	}{
		"no task":  {outputs: Outputs{Cluster: "fualab-dev"}, says: "the stack has no task that could run a command: deploy a release first"},
		"no start": {memory: memory{}, says: "start the task", aws: true},
		"refused": {memory: memory{runTask: answering[ecs.RunTaskInput](&ecs.RunTaskOutput{Failures: []ecstypes.Failure{
			{Reason: aws.String("RESOURCE:CPU"), Detail: aws.String("none left")}, {Reason: aws.String("AGENT")},
		}})}, says: "start the task: RESOURCE:CPU none left AGENT"},
		"refused without a reason": {memory: memory{runTask: answering[ecs.RunTaskInput](&ecs.RunTaskOutput{})}, says: "start the task: ECS gives no reason"},
		"lost while it runs":       {memory: memory{runTask: run}, says: "wait for task 0123abc", aws: true},
		"gone": {memory: memory{runTask: run, describeTasks: answering[ecs.DescribeTasksInput](task("STOPPED", nil), &ecs.DescribeTasksOutput{})},
			says: "task 0123abc is gone"},
		"no container": {memory: memory{runTask: run, describeTasks: answering[ecs.DescribeTasksInput](
			&ecs.DescribeTasksOutput{Tasks: []ecstypes.Task{{TaskArn: aws.String(taskARN), LastStatus: aws.String("STOPPED")}}})}, says: "task 0123abc is gone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.outputs.Cluster == "" {
				tt.outputs = migrating
			}
			err := tt.memory.account().Migrate(t.Context(), tt.outputs, &bytes.Buffer{})
			if wantError(t, err, tt.says); tt.aws {
				wantFailure(t, err, tt.says)
			}
		})
	}
}

// TestMigrateFailsWithoutAnEnd: the look after the wait fails, too.
func TestMigrateFailsWithoutAnEnd(t *testing.T) {
	t.Parallel()
	looks := 0
	m := &memory{runTask: answering[ecs.RunTaskInput](started), describeTasks: func(*ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
		if looks++; looks == 1 {
			return task("STOPPED", aws.Int32(0)), nil
		}
		return nil, errDown
	}}
	wantFailure(t, m.account().Migrate(t.Context(), migrating, &bytes.Buffer{}), "describe task 0123abc")
}

// TestMigrateWaitsForTheEnd: for half an hour at most, and then fails.
func TestMigrateWaitsForTheEnd(t *testing.T) {
	t.Parallel()
	run := answering[ecs.RunTaskInput](started)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		m := &memory{runTask: run, describeTasks: func(*ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
			if time.Since(began) < time.Minute {
				return task("RUNNING", nil), nil
			}
			return task("STOPPED", aws.Int32(0)), nil
		}}
		if err := m.account().Migrate(t.Context(), migrating, &bytes.Buffer{}); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took < time.Minute {
			t.Errorf("it ends after %s, before the migration", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		m := &memory{runTask: run, describeTasks: slowly(answering[ecs.DescribeTasksInput](task("RUNNING", nil)))}
		wantError(t, m.account().Migrate(t.Context(), migrating, &bytes.Buffer{}), "wait for task 0123abc")
		if took := time.Since(began); took < migrateTimeout/2 || took > migrateTimeout {
			t.Errorf("it gives up after %s, wanted about %s", took, migrateTimeout)
		}
	})
}

// TestFailedMigrationPrintsItsLog, or why there is none.
func TestFailedMigrationPrintsItsLog(t *testing.T) {
	t.Parallel()
	var asked *cloudwatchlogs.GetLogEventsInput
	log := func(in *cloudwatchlogs.GetLogEventsInput) (*cloudwatchlogs.GetLogEventsOutput, error) {
		asked = in
		return &cloudwatchlogs.GetLogEventsOutput{Events: []logtypes.OutputLogEvent{{Message: aws.String("one")}, {Message: aws.String("two")}}}, nil
	}
	for _, tt := range []struct {
		code         *int32
		log          func(*cloudwatchlogs.GetLogEventsInput) (*cloudwatchlogs.GetLogEventsOutput, error)
		says, prints string
	}{
		{aws.Int32(1), log, "task 0123abc exited with 1: its last lines are above, all of them in /fualab/dev/migrate", "  | one\n  | two\n"},
		{nil, log, "task 0123abc did not start: Essential container exited CannotPullContainerError", "  | one\n  | two\n"},
		{aws.Int32(137), nil, "exited with 137", "  its log cannot be read: AWS is down\n"},
	} {
		m := &memory{
			runTask: answering[ecs.RunTaskInput](started), describeTasks: answering[ecs.DescribeTasksInput](task("STOPPED", tt.code)), getLogEvents: tt.log,
		}
		var out bytes.Buffer
		wantError(t, m.account().Migrate(t.Context(), migrating, &out), tt.says)
		if out.String() != tt.prints {
			t.Errorf("%s: printed %q, wanted %q", tt.says, out.String(), tt.prints)
		}
	}
	got := []string{aws.ToString(asked.LogGroupName), aws.ToString(asked.LogStreamName)}
	if strings.Join(got, " ") != "/fualab/dev/migrate migrate/migrate/0123abc" || aws.ToBool(asked.StartFromHead) || aws.ToInt32(asked.Limit) != migrateLines {
		t.Errorf("asked for %q, %d lines, from its head %t", got, aws.ToInt32(asked.Limit), aws.ToBool(asked.StartFromHead))
	}
}
