package main

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

func TestServices(t *testing.T) {
	t.Parallel()
	m := &memory{describeServices: func(in *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
		if diff := cmp.Diff([]string{"fualab-dev", "api", "worker"}, append([]string{aws.ToString(in.Cluster)}, in.Services...)); diff != "" {
			t.Errorf("(-wanted +asked for):\n%s", diff)
		}
		return &ecs.DescribeServicesOutput{Services: []ecstypes.Service{
			{
				ServiceName: aws.String("api"), TaskDefinition: aws.String("arn:aws:ecs:us-east-1:1:task-definition/fualab-dev-api:7"), RunningCount: 1, DesiredCount: 2,
				Deployments: []ecstypes.Deployment{{RolloutState: ecstypes.DeploymentRolloutStateInProgress}, {RolloutState: ecstypes.DeploymentRolloutStateCompleted}},
			},
			{ServiceName: aws.String("worker"), TaskDefinition: aws.String("fualab-dev-worker:8")},
		}}, nil
	}}
	got, err := m.account().Services(t.Context(), "fualab-dev")
	if err != nil {
		t.Fatal(err)
	}
	want := []Service{{"api", "fualab-dev-api:7", "IN_PROGRESS", 1, 2}, {"worker", "fualab-dev-worker:8", "", 0, 0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-wanted +described):\n%s", diff)
	}
	_, err = (&memory{}).account().Services(t.Context(), "fualab-dev")
	wantFailure(t, err, "describe the services of fualab-dev")
}

// counted are services with so many tasks that run, and should.
func counted(running, desired int32, names ...string) *ecs.DescribeServicesOutput {
	out := &ecs.DescribeServicesOutput{}
	for _, name := range names {
		out.Services = append(out.Services, ecstypes.Service{
			ServiceName: aws.String(name), RunningCount: running, DesiredCount: desired, Deployments: make([]ecstypes.Deployment, 1),
		})
	}
	return out
}

// TestScaleKeepsServicesWithinTheirLimits, and leaves alone each service that
// is within them, or that the stack does not name.
func TestScaleKeepsServicesWithinTheirLimits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		service string
		desired int32
		want    string
	}{
		{"api", 0, "fualab-dev api 2"},
		{"api", 1, "fualab-dev api 2"},
		{"api", 2, ""},
		{"api", 3, ""},
		{"api", 4, ""},
		{"api", 5, "fualab-dev api 4"},
		{"other", 0, ""},
		{"other", 7, ""},
	} {
		t.Run(fmt.Sprintf("%s of %d", tt.service, tt.desired), func(t *testing.T) {
			t.Parallel()
			asked, updated := 0, ""
			m := &memory{
				describeServices: func(*ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
					asked++
					return counted(tt.desired, tt.desired, tt.service), nil
				},
				updateService: func(in *ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error) {
					updated = fmt.Sprintf("%s %s %d", aws.ToString(in.Cluster), aws.ToString(in.Service), aws.ToInt32(in.DesiredCount))
					return &ecs.UpdateServiceOutput{}, nil
				},
			}
			var out bytes.Buffer
			if err := m.account().Scale(t.Context(), Outputs{Cluster: "fualab-dev", Services: map[string]Range{"api": {2, 4}}}, &out); err != nil {
				t.Fatal(err)
			}
			if updated != tt.want {
				t.Errorf("updated %q, wanted %q", updated, tt.want)
			}
			wantAsked, wantOut := 1, ""
			if tt.want != "" {
				wantAsked, wantOut = 2, fmt.Sprintf("  api: %s tasks instead of %d\n", tt.want[len(tt.want)-1:], tt.desired)
			}
			if asked != wantAsked || out.String() != wantOut {
				t.Errorf("asked %d times, wanted %d; printed %q, wanted %q", asked, wantAsked, out.String(), wantOut)
			}
		})
	}
}

// TestScaleGoesOnAfterAServiceThatItLeavesAlone: each service has limits of its
// own.
func TestScaleGoesOnAfterAServiceThatItLeavesAlone(t *testing.T) {
	t.Parallel()
	updated := map[string]int32{}
	m := &memory{
		describeServices: answering[ecs.DescribeServicesInput](counted(1, 1, "other", "api", "worker")),
		updateService: func(in *ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error) {
			updated[aws.ToString(in.Service)] = aws.ToInt32(in.DesiredCount)
			return &ecs.UpdateServiceOutput{}, nil
		},
	}
	limits := map[string]Range{"api": {1, 1}, "worker": {3, 3}}
	if err := m.account().Scale(t.Context(), Outputs{Services: limits}, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int32{"worker": 3}, updated); diff != "" {
		t.Errorf("(-wanted +updated):\n%s", diff)
	}
}

// TestScaleWaitsUntilTheTasksRun: the smoke test needs them.
func TestScaleWaitsUntilTheTasksRun(t *testing.T) {
	t.Parallel()
	limits := Outputs{Cluster: "fualab-dev", Services: map[string]Range{"api": {1, 1}}}
	update := answering[ecs.UpdateServiceInput](&ecs.UpdateServiceOutput{})
	synctest.Test(t, func(t *testing.T) {
		m := &memory{updateService: update}
		asked := 0
		m.describeServices = func(in *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
			asked++
			if aws.ToString(in.Cluster) != "fualab-dev" || len(in.Services) != 2 {
				t.Errorf("asked for %v of %s", in.Services, aws.ToString(in.Cluster))
			}
			switch asked {
			case 1:
				return counted(0, 0, "api"), nil
			case 4:
				return counted(1, 1, "api"), nil
			}
			return counted(0, 1, "api"), nil
		}
		if err := m.account().Scale(t.Context(), limits, &bytes.Buffer{}); err != nil || asked != 4 {
			t.Errorf("error %v after %d looks, wanted none after 4", err, asked)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		m := &memory{updateService: update, describeServices: slowly(answering[ecs.DescribeServicesInput](counted(0, 0, "api"), counted(0, 1, "api")))}
		began := time.Now()
		err := m.account().Scale(t.Context(), limits, &bytes.Buffer{})
		wantError(t, err, "exceeded max wait time")
		if took := time.Since(began); took < settleTimeout/2 || took > settleTimeout {
			t.Errorf("it gives up after %s, wanted about %s", took, settleTimeout)
		}
	})
}

func TestScaleFails(t *testing.T) {
	t.Parallel()
	limits := Outputs{Services: map[string]Range{"api": {1, 1}}}
	m := &memory{describeServices: answering[ecs.DescribeServicesInput](counted(0, 0, "api"))}
	wantFailure(t, m.account().Scale(t.Context(), limits, &bytes.Buffer{}), "scale api")
	wantFailure(t, (&memory{}).account().Scale(t.Context(), limits, &bytes.Buffer{}), "describe the services")
}
