package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

var errDown = errors.New("AWS is down")

// memory is AWS as one test needs it. A call without a function fails with
// errDown.
type memory struct {
	getParameter     func(*ssm.GetParameterInput) (*ssm.GetParameterOutput, error)
	putParameter     func(*ssm.PutParameterInput) (*ssm.PutParameterOutput, error)
	describeServices func(*ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error)
	updateService    func(*ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error)
	listTasks        func(*ecs.ListTasksInput) (*ecs.ListTasksOutput, error)
	describeTasks    func(*ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error)
	runTask          func(*ecs.RunTaskInput) (*ecs.RunTaskOutput, error)
	batchGetImage    func(*ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error)
	putImage         func(*ecr.PutImageInput) (*ecr.PutImageOutput, error)
	putObject        func(*s3.PutObjectInput) (*s3.PutObjectOutput, error)
	getObject        func(*s3.GetObjectInput) (*s3.GetObjectOutput, error)
	deleteObject     func(*s3.DeleteObjectInput) (*s3.DeleteObjectOutput, error)
	getLogEvents     func(*cloudwatchlogs.GetLogEventsInput) (*cloudwatchlogs.GetLogEventsOutput, error)
}

func (m *memory) account() *account {
	return &account{environment: "dev", cfg: aws.Config{Region: "us-east-1"}, parameters: m, services: m, tasks: m, lines: m, repositories: m, files: m}
}

func (m *memory) GetParameter(_ context.Context, in *ssm.GetParameterInput, _ ...func(*ssm.Options)) (*ssm.GetParameterOutput, error) {
	return ask(m.getParameter, in)
}

func (m *memory) PutParameter(_ context.Context, in *ssm.PutParameterInput, _ ...func(*ssm.Options)) (*ssm.PutParameterOutput, error) {
	return ask(m.putParameter, in)
}

func (m *memory) DescribeServices(_ context.Context, in *ecs.DescribeServicesInput, _ ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error) {
	return ask(m.describeServices, in)
}

func (m *memory) UpdateService(_ context.Context, in *ecs.UpdateServiceInput, _ ...func(*ecs.Options)) (*ecs.UpdateServiceOutput, error) {
	return ask(m.updateService, in)
}

func (m *memory) ListTasks(_ context.Context, in *ecs.ListTasksInput, _ ...func(*ecs.Options)) (*ecs.ListTasksOutput, error) {
	return ask(m.listTasks, in)
}

func (m *memory) DescribeTasks(_ context.Context, in *ecs.DescribeTasksInput, _ ...func(*ecs.Options)) (*ecs.DescribeTasksOutput, error) {
	return ask(m.describeTasks, in)
}

func (m *memory) RunTask(_ context.Context, in *ecs.RunTaskInput, _ ...func(*ecs.Options)) (*ecs.RunTaskOutput, error) {
	return ask(m.runTask, in)
}

func (m *memory) BatchGetImage(_ context.Context, in *ecr.BatchGetImageInput, _ ...func(*ecr.Options)) (*ecr.BatchGetImageOutput, error) {
	return ask(m.batchGetImage, in)
}

func (m *memory) PutImage(_ context.Context, in *ecr.PutImageInput, _ ...func(*ecr.Options)) (*ecr.PutImageOutput, error) {
	return ask(m.putImage, in)
}

func (m *memory) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	return ask(m.putObject, in)
}

func (m *memory) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return ask(m.getObject, in)
}

func (m *memory) DeleteObject(_ context.Context, in *s3.DeleteObjectInput, _ ...func(*s3.Options)) (*s3.DeleteObjectOutput, error) {
	return ask(m.deleteObject, in)
}

func (m *memory) GetLogEvents(_ context.Context, in *cloudwatchlogs.GetLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.GetLogEventsOutput, error) {
	return ask(m.getLogEvents, in)
}

// answering returns a call that answers one after the other of answers, and the
// last one for good.
func answering[In, Out any](answers ...*Out) func(*In) (*Out, error) {
	return func(*In) (*Out, error) {
		next := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		return next, nil
	}
}

// slowly has each call take a millisecond of a test's own clock: the waits of
// the SDK do not end while time stands still.
func slowly[In, Out any](call func(*In) (*Out, error)) func(*In) (*Out, error) {
	return func(in *In) (*Out, error) {
		time.Sleep(time.Millisecond)
		return call(in)
	}
}

func ask[In, Out any](call func(*In) (*Out, error), in *In) (*Out, error) {
	if call == nil {
		return nil, errDown
	}
	return call(in)
}

// wantFailure wants err to be AWS' own, and to say in which call.
func wantFailure(t *testing.T, err error, says string) {
	t.Helper()
	if !errors.Is(err, errDown) {
		t.Errorf("error %v, wanted AWS' own", err)
	}
	wantError(t, err, says)
}
