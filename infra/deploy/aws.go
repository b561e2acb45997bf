package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// callTimeout bounds loading the settings; the SDK bounds each call by its own
// retries, and every wait here has a limit.
const callTimeout = 30 * time.Second

// parameters is the part of SSM that is used.
type parameters interface {
	GetParameter(context.Context, *ssm.GetParameterInput, ...func(*ssm.Options)) (*ssm.GetParameterOutput, error)
	PutParameter(context.Context, *ssm.PutParameterInput, ...func(*ssm.Options)) (*ssm.PutParameterOutput, error)
}

// services is the part of ECS that runs programs for good.
type services interface {
	DescribeServices(context.Context, *ecs.DescribeServicesInput, ...func(*ecs.Options)) (*ecs.DescribeServicesOutput, error)
	UpdateService(context.Context, *ecs.UpdateServiceInput, ...func(*ecs.Options)) (*ecs.UpdateServiceOutput, error)
}

// tasks is the part of ECS that finds tasks, and runs one once.
type tasks interface {
	ListTasks(context.Context, *ecs.ListTasksInput, ...func(*ecs.Options)) (*ecs.ListTasksOutput, error)
	DescribeTasks(context.Context, *ecs.DescribeTasksInput, ...func(*ecs.Options)) (*ecs.DescribeTasksOutput, error)
	RunTask(context.Context, *ecs.RunTaskInput, ...func(*ecs.Options)) (*ecs.RunTaskOutput, error)
}

// lines is the part of CloudWatch Logs that is used.
type lines interface {
	GetLogEvents(context.Context, *cloudwatchlogs.GetLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.GetLogEventsOutput, error)
}

// account is one environment in AWS.
type account struct {
	environment  string
	cfg          aws.Config
	parameters   parameters
	services     services
	tasks        tasks
	lines        lines
	repositories repositories
	files        files
}

func newCloud(ctx context.Context, environment string) (*account, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("AWS' settings cannot be used: %w", err)
	}
	if cfg.Region == "" {
		return nil, errors.New("AWS has no region: set AWS_REGION, for example to us-east-1")
	}
	containers := ecs.NewFromConfig(cfg)
	return &account{
		environment: environment, cfg: cfg, parameters: ssm.NewFromConfig(cfg),
		services: containers, tasks: containers, lines: cloudwatchlogs.NewFromConfig(cfg),
		repositories: ecr.NewFromConfig(cfg), files: s3.NewFromConfig(cfg),
	}, nil
}

// Record implements cloud.
func (a *account) Record(ctx context.Context, name string) (Release, error) {
	path := a.path("release/" + name)
	text, err := a.parameter(ctx, path, "apply the stack once by hand")
	if err != nil {
		return Release{}, err
	}
	r, err := parseRelease(text)
	if err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// PutRecord implements cloud.
func (a *account) PutRecord(ctx context.Context, name string, r Release) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = a.parameters.PutParameter(ctx, &ssm.PutParameterInput{
		Name: aws.String(a.path("release/" + name)), Value: aws.String(string(text)), Overwrite: aws.Bool(true),
	})
	return err
}

// SmokeToken implements cloud; "" is none.
func (a *account) SmokeToken(ctx context.Context) (string, error) {
	token, err := a.parameter(ctx, a.path("smoke-token"), "apply the stack once by hand")
	if token == "unset" {
		token = ""
	}
	return token, err
}

func (a *account) path(name string) string { return "/fualab/" + a.environment + "/" + name }

func (a *account) parameter(ctx context.Context, path, cure string) (string, error) {
	got, err := a.parameters.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(path), WithDecryption: aws.Bool(true)})
	var missing *ssmtypes.ParameterNotFound
	if errors.As(err, &missing) {
		return "", fmt.Errorf("there is no parameter %s: %s", path, cure)
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return aws.ToString(got.Parameter.Value), nil
}

// Service is how one service is.
type Service struct {
	Name, TaskDefinition, Rollout string
	Running, Desired              int32
}

// Services implements cloud.
func (a *account) Services(ctx context.Context, cluster string) ([]Service, error) {
	got, err := a.services.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String(cluster), Services: []string{"api", "worker"}})
	if err != nil {
		return nil, fmt.Errorf("describe the services of %s: %w", cluster, err)
	}
	services := make([]Service, 0, len(got.Services))
	for _, s := range got.Services {
		one := Service{Name: aws.ToString(s.ServiceName), TaskDefinition: lastPart(aws.ToString(s.TaskDefinition)), Running: s.RunningCount, Desired: s.DesiredCount}
		if len(s.Deployments) > 0 {
			one.Rollout = string(s.Deployments[0].RolloutState)
		}
		services = append(services, one)
	}
	return services, nil
}

// Scale implements cloud: it brings each service between its least and most
// tasks, where it was not, and waits until they run.
func (a *account) Scale(ctx context.Context, o Outputs, out io.Writer) error {
	services, err := a.Services(ctx, o.Cluster)
	if err != nil {
		return err
	}
	changed := false
	for _, s := range services {
		limits, known := o.Services[s.Name]
		want := min(max(s.Desired, limits.Least), limits.Most)
		if !known || want == s.Desired {
			continue
		}
		fmt.Fprintf(out, "  %s: %d tasks instead of %d\n", s.Name, want, s.Desired) //nolint:errcheck // a terminal that is gone stops no deployment
		if _, err := a.services.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: aws.String(o.Cluster), Service: aws.String(s.Name), DesiredCount: aws.Int32(want)}); err != nil {
			return fmt.Errorf("scale %s: %w", s.Name, err)
		}
		changed = true
	}
	if !changed {
		return nil
	}
	return ecs.NewServicesStableWaiter(a.services).Wait(ctx, &ecs.DescribeServicesInput{Cluster: aws.String(o.Cluster), Services: []string{"api", "worker"}}, settleTimeout)
}

const settleTimeout = 10 * time.Minute

// Address implements cloud. If each task of the service has an address, it
// is that of a task with the new release.
func (a *account) Address(ctx context.Context, o Outputs) (string, error) {
	if o.Ingress != "public_ip" {
		if !strings.HasPrefix(o.URL, "http") {
			return "", fmt.Errorf("the stack has no address for ingress %s", o.Ingress)
		}
		return strings.TrimSuffix(o.URL, "/"), nil
	}
	list, err := a.tasks.ListTasks(ctx, &ecs.ListTasksInput{Cluster: aws.String(o.Cluster), ServiceName: aws.String("api"), DesiredStatus: ecstypes.DesiredStatusRunning})
	if err != nil {
		return "", fmt.Errorf("list the API's tasks: %w", err)
	}
	if len(list.TaskArns) == 0 {
		return "", errors.New("no task of the API runs, so there is no address")
	}
	got, err := a.tasks.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: aws.String(o.Cluster), Tasks: list.TaskArns})
	if err != nil {
		return "", fmt.Errorf("describe the API's tasks: %w", err)
	}
	for _, task := range got.Tasks {
		if aws.ToString(task.TaskDefinitionArn) != o.TaskDefinitions["api"] {
			continue
		}
		ip, err := a.publicIP(ctx, networkInterface(task))
		if err != nil {
			return "", err
		}
		return "http://" + ip + ":8000", nil
	}
	return "", fmt.Errorf("none of the API's %d tasks runs %s", len(got.Tasks), lastPart(o.TaskDefinitions["api"]))
}

// networkInterface returns the id of a task's network interface, or "".
func networkInterface(task ecstypes.Task) string {
	for _, attachment := range task.Attachments {
		for _, detail := range attachment.Details {
			if aws.ToString(detail.Name) == "networkInterfaceId" {
				return aws.ToString(detail.Value)
			}
		}
	}
	return ""
}

func lastPart(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
