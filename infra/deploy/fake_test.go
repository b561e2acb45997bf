package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// fake is an environment on the fake AWS of ops/lab/fakeaws. It does Terraform's
// part of a deployment itself, and fails as Terraform does when ECS
// takes a release back.
type fake struct {
	*account
	clients
	outputs   Outputs
	world     *world // answers as the API, on the tasks' address
	interrupt func() // called once, when the services are about to move
}

// clients do as Terraform does: they reach all of AWS.
type clients struct {
	ssm  *ssm.Client
	ecs  *ecs.Client
	logs *cloudwatchlogs.Client
}

func (f *fake) Check(context.Context, Images) error { return nil }

func (f *fake) Outputs(context.Context) (Outputs, error) { return f.outputs, nil }

func (f *fake) Apply(ctx context.Context, images Images) error {
	moves := images.API != nil && f.world.running.API != nil && *images.API != *f.world.running.API
	if moves && f.interrupt != nil {
		f.interrupt()
		f.interrupt = nil
	}
	for program, image := range map[string]*string{"migrate": images.Migrate, "api": images.API, "worker": images.Worker} {
		if image == nil {
			continue
		}
		arn, err := f.define(ctx, program, *image)
		if err != nil {
			return err
		}
		f.outputs.TaskDefinitions[program] = arn
		if program == "migrate" {
			f.outputs.Migrate.TaskDefinition = arn
			continue
		}
		if err := f.serve(ctx, program, arn); err != nil {
			return err
		}
	}
	f.world.running = images
	return nil
}

func (f *fake) define(ctx context.Context, program, image string) (string, error) {
	got, err := f.ecs.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(f.outputs.Cluster + "-" + program), NetworkMode: ecstypes.NetworkModeAwsvpc, Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String(program), Image: aws.String(image),
			LogConfiguration: &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": f.outputs.Migrate.LogGroup, "awslogs-stream-prefix": program,
			}},
		}},
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(got.TaskDefinition.TaskDefinitionArn), nil
}

// serve makes a service, or moves it, and wants its deployment to succeed.
func (f *fake) serve(ctx context.Context, program, definition string) error {
	cluster := aws.String(f.outputs.Cluster)
	_, err := f.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: cluster, Service: aws.String(program), TaskDefinition: aws.String(definition)})
	var missing *ecstypes.ServiceNotFoundException
	if errors.As(err, &missing) {
		_, err = f.ecs.CreateService(ctx, &ecs.CreateServiceInput{
			Cluster: cluster, ServiceName: aws.String(program), TaskDefinition: aws.String(definition), DesiredCount: aws.Int32(1), LaunchType: ecstypes.LaunchTypeFargate,
			NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
				Subnets: f.outputs.Migrate.Subnets, SecurityGroups: []string{f.outputs.Migrate.SecurityGroup},
			}},
		})
	}
	if err != nil {
		return err
	}
	got, err := f.ecs.ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Cluster: cluster, Service: aws.String(program)})
	if err != nil {
		return err
	}
	if d := got.ServiceDeployments[0]; d.Status != ecstypes.ServiceDeploymentStatusSuccessful {
		return fmt.Errorf("waiting for ECS Service (%s) update: %s", program, d.Status)
	}
	return nil
}

// runs is the release of the image of the API's service.
func (f *fake) runs(t *testing.T) string {
	t.Helper()
	services, err := f.Services(t.Context(), f.outputs.Cluster)
	if err != nil || len(services) != 2 {
		t.Fatalf("services %v: %v", services, err)
	}
	for _, s := range services {
		if s.Desired != 1 || s.Running != 1 {
			t.Errorf("%s: %d tasks run, and %d should", s.Name, s.Running, s.Desired)
		}
	}
	api := slices.IndexFunc(services, func(s Service) bool { return s.Name == "api" })
	got, err := f.ecs.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String(services[api].TaskDefinition)})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(names(Images{API: got.TaskDefinition.ContainerDefinitions[0].Image}))[0]
}

// ec2ID asks the fake for the first id of a kind.
func ec2ID(t *testing.T, action, kind string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, os.Getenv("AWS_ENDPOINT_URL")+"/?Version=2016-11-15&Action="+action, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	// The fake tells by the signature's scope which service is meant, and checks no more of it.
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=fake/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(kind + `-\w+`).Find(text)
	if id == nil {
		t.Fatalf("%s: %s, without an id of %s: %s", action, res.Status, kind, text)
	}
	return string(id)
}

// newFake has an environment that runs the release old.
func newFake(t *testing.T, environment string, w *world) *fake {
	t.Helper()
	a, err := newCloud(t.Context(), environment)
	if err != nil {
		t.Fatal(err)
	}
	c := clients{ssm.NewFromConfig(a.cfg), ecs.NewFromConfig(a.cfg), cloudwatchlogs.NewFromConfig(a.cfg)}
	f := &fake{account: a, clients: c, world: w, outputs: Outputs{
		Cluster: "fualab-" + environment, Ingress: "public_ip", TaskDefinitions: map[string]string{},
		Services: map[string]Range{"api": {1, 1}, "worker": {1, 1}},
		Migrate: &MigrateTask{
			Subnets: []string{ec2ID(t, "DescribeSubnets", "subnet")}, SecurityGroup: ec2ID(t, "DescribeSecurityGroups", "sg"),
			LogGroup: "/fualab/" + environment + "/migrate",
		},
	}}
	if _, err := f.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String(f.outputs.Cluster)}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(f.outputs.Migrate.LogGroup)}); err != nil {
		t.Fatal(err)
	}
	records := map[string]any{a.path("release/current"): release("old"), a.path("release/previous"): struct{}{}}
	for path, record := range records {
		text, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		f.put(t, path, string(text))
	}
	f.put(t, a.path("smoke-token"), "token")
	w.running, w.answers = Images{}, ""
	if err := f.Apply(t.Context(), release("old").Images); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fake) put(t *testing.T, path, value string) {
	t.Helper()
	_, err := f.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String(path), Value: aws.String(value), Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOnFakeAWS sends the program's requests to a fake of AWS. Each way that a
// deployment fails ends with the earlier release, and so does its record.
// Its cases run one after another, because all tasks have one address.
func TestOnFakeAWS(t *testing.T) {
	address := os.Getenv("FAKE_PUBLIC_IP")
	if address == "" {
		t.Skip("no fake AWS: ops/lab/fakeaws/run go test ./infra/deploy")
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", address+":8000")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{fail: map[string]error{}}
	server := &http.Server{Handler: http.HandlerFunc(w.serve), ReadHeaderTimeout: 30 * time.Second}
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close() })
	// Tasks of the fake end as soon as they are looked at, as migrations do.
	post, err := http.NewRequestWithContext(t.Context(), http.MethodPost, os.Getenv("AWS_ENDPOINT_URL")+"/moto-api/state-manager/set-transition",
		strings.NewReader(`{"model_name":"ecs::task","transition":{"progression":"immediate"}}`))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(post)
	if err != nil || res.Body.Close() != nil || res.StatusCode != http.StatusCreated {
		t.Fatalf("set the fake's tasks: %v, %v", res, err)
	}

	deploy := func(name string) func(*fake, *deployment) error {
		return func(_ *fake, d *deployment) error { return d.Deploy(t.Context(), release(name)) }
	}
	tests := []struct {
		name   string
		do     func(*fake, *deployment) error
		runs   string
		fails  string // "" is not at all
		prints string
	}{
		{name: "happy", do: deploy("new"), runs: "new", prints: "✓ smoke test"},
		{name: "asleep", do: func(f *fake, d *deployment) error {
			for _, service := range []string{"api", "worker"} {
				if _, err := f.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String(f.outputs.Cluster), Service: aws.String(service), DesiredCount: aws.Int32(0)}); err != nil {
					return err
				}
			}
			return d.Deploy(t.Context(), release("new"))
		}, runs: "new", prints: "1 tasks instead of 0"},
		{name: "bad image", do: deploy("broken"), runs: "old", fails: "services: waiting for ECS Service", prints: "✓ putting old back"},
		{name: "failing migration", do: deploy("failing"), runs: "old", fails: "exited with 1", prints: "| migration 0042: the column is still read"},
		{name: "no address", do: deploy("nowhere"), runs: "old", fails: "no task of the API runs, so there is no address", prints: "✓ putting old back"},
		{name: "another version answers", do: func(f *fake, d *deployment) error {
			f.world.answers = "v-old"
			return d.Deploy(t.Context(), release("new"))
		}, runs: "old", fails: `version "v-old" answers instead of "v-new"`, prints: "✓ putting old back"},
		{name: "interrupted", do: interrupted, runs: "old", fails: "interrupted", prints: "✓ putting old back"},
		{name: "interrupted and run again", do: func(f *fake, d *deployment) error {
			if err := interrupted(f, d); err == nil {
				return errors.New("it was not interrupted")
			}
			return d.Deploy(t.Context(), release("new"))
		}, runs: "new"},
		{name: "rollback", do: func(_ *fake, d *deployment) error {
			return errors.Join(d.Deploy(t.Context(), release("new")), d.Rollback(t.Context(), release("old")))
		}, runs: "old"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// A name of its own: one fake may serve several runs.
			f := newFake(t, "t"+strings.ToLower(rand.Text()[:8]), w)
			var out bytes.Buffer
			err := tt.do(f, &deployment{environment: f.environment, stack: f, cloud: f, out: &out, smoke: time.Millisecond})
			if (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("error %v, wanted one that says %q", err, tt.fails)
			}
			if !strings.Contains(out.String(), tt.prints) {
				t.Errorf("it does not print %q", tt.prints)
			}
			now, err := f.Record(t.Context(), current)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.runs(t); got != tt.runs || now.Name != tt.runs {
				t.Errorf("%s runs and %s is on record, wanted %s", got, now.Name, tt.runs)
			}
			if t.Failed() {
				t.Logf("output:\n%s", out.String())
			}
		})
	}
}

// interrupted is a deployment that ends when it is about to move the services.
func interrupted(f *fake, d *deployment) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	f.interrupt = cancel
	return d.Deploy(ctx, release("new"))
}
