package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

const released = "arn:aws:ecs:us-east-1:1:task-definition/fualab-dev-api:8"

var public = Outputs{Cluster: "fualab-dev", Ingress: "public_ip", TaskDefinitions: map[string]string{"api": released}}

// ec2 answers for network interfaces: with the address of eni-new only.
func ec2(t *testing.T, a *account) *account {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.Method != http.MethodGet || q.Get("Action") != "DescribeNetworkInterfaces" || q.Get("Version") != "2016-11-15" {
			t.Errorf("asked for %s %s", r.Method, r.URL)
		}
		if signed := r.Header.Get("Authorization"); !strings.Contains(signed, "/us-east-1/ec2/aws4_request") {
			t.Errorf("signed as %q", signed)
		}
		text := map[string]string{
			"eni-new":     "<R><networkInterfaceSet><item><association><publicIp>192.0.2.7</publicIp></association></item></networkInterfaceSet></R>",
			"eni-private": "<R><networkInterfaceSet><item/></networkInterfaceSet></R>",
			"eni-broken":  "<R><networkInterfaceSet>",
		}[q.Get("NetworkInterfaceId.1")]
		if text == "" {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	a.cfg.BaseEndpoint = aws.String(server.URL + "/")
	a.cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "id", SecretAccessKey: "secret"}, nil
	})
	return a
}

// apiTask is a task of a definition, with a network interface; "" is none.
func apiTask(definition, id string) ecstypes.Task {
	task := ecstypes.Task{TaskDefinitionArn: aws.String(definition), Attachments: []ecstypes.Attachment{
		{Details: []ecstypes.KeyValuePair{{Name: aws.String("subnetId"), Value: aws.String("subnet-1")}}},
	}}
	if id != "" {
		task.Attachments = append(task.Attachments, ecstypes.Attachment{Details: []ecstypes.KeyValuePair{
			{Name: aws.String("macAddress"), Value: aws.String("0a:00")}, {Name: aws.String("networkInterfaceId"), Value: aws.String(id)},
		}})
	}
	return task
}

// TestAddressIsOfATaskThatRunsTheRelease: not of one of the release before.
func TestAddressIsOfATaskThatRunsTheRelease(t *testing.T) {
	t.Parallel()
	list := answering[ecs.ListTasksInput](&ecs.ListTasksOutput{TaskArns: []string{"one", "two"}})
	describe := func(tasks ...ecstypes.Task) *memory {
		return &memory{listTasks: list, describeTasks: answering[ecs.DescribeTasksInput](&ecs.DescribeTasksOutput{Tasks: tasks})}
	}
	old := apiTask("arn:old", "eni-private")
	for name, tt := range map[string]struct {
		memory     *memory
		want, says string
	}{
		"the second":       {memory: describe(old, apiTask(released, "eni-new")), want: "http://192.0.2.7:8000"},
		"the first":        {memory: describe(apiTask(released, "eni-new"), old), want: "http://192.0.2.7:8000"},
		"none":             {memory: describe(old, old), says: "none of the API's 2 tasks runs fualab-dev-api:8"},
		"no interface":     {memory: describe(apiTask(released, "")), says: "the task has no network interface"},
		"no address":       {memory: describe(apiTask(released, "eni-private")), says: "eni-private has no public address"},
		"refused":          {memory: describe(apiTask(released, "eni-other")), says: "ask EC2 for eni-other: 400 Bad Request"},
		"broken answer":    {memory: describe(apiTask(released, "eni-broken")), says: "ask EC2 for eni-broken: XML syntax error"},
		"no list":          {memory: &memory{}, says: "list the API's tasks: AWS is down"},
		"no description":   {memory: &memory{listTasks: list}, says: "describe the API's tasks: AWS is down"},
		"nothing that run": {memory: &memory{listTasks: answering[ecs.ListTasksInput](&ecs.ListTasksOutput{})}, says: "no task of the API runs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ec2(t, tt.memory.account()).Address(t.Context(), public)
			if got != tt.want {
				t.Errorf("got %q, wanted %q", got, tt.want)
			}
			wantError(t, err, tt.says)
		})
	}
}

func TestAddressAsksForRunningTasksOfTheAPI(t *testing.T) {
	t.Parallel()
	var asked []string
	m := &memory{
		listTasks: func(in *ecs.ListTasksInput) (*ecs.ListTasksOutput, error) {
			asked = append(asked, aws.ToString(in.Cluster), aws.ToString(in.ServiceName), string(in.DesiredStatus))
			return &ecs.ListTasksOutput{TaskArns: []string{"one"}}, nil
		},
		describeTasks: func(in *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
			asked = append(append(asked, aws.ToString(in.Cluster)), in.Tasks...)
			return nil, errDown
		},
	}
	_, err := m.account().Address(t.Context(), public)
	wantFailure(t, err, "describe")
	if diff := cmp.Diff([]string{"fualab-dev", "api", "RUNNING", "fualab-dev", "one"}, asked); diff != "" {
		t.Errorf("(-wanted +asked for):\n%s", diff)
	}
}

// TestAddressWithoutCredentials: EC2 is not asked unsigned.
func TestAddressWithoutCredentials(t *testing.T) {
	t.Parallel()
	a := ec2(t, (&memory{}).account())
	a.cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errDown })
	_, err := a.publicIP(t.Context(), "eni-new")
	wantFailure(t, err, "AWS' credentials")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ec2(t, (&memory{}).account()).publicIP(ctx, "eni-new"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after the interruption", err)
	}
}

func TestAddressOfTheStack(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://dev.example.com/": "https://dev.example.com", "http://dev.example.com": "http://dev.example.com", "": "", "dev.example.com": "",
	} {
		says := ""
		if want == "" {
			says = "the stack has no address for ingress alb"
		}
		got, err := (&memory{}).account().Address(t.Context(), Outputs{Ingress: "alb", URL: url})
		wantError(t, err, says)
		if got != want {
			t.Errorf("%q: got %q, wanted %q", url, got, want)
		}
	}
}
