package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/google/go-cmp/cmp"
)

// logged is a log of several pages, the first of which is empty for a while.
func logged(pages ...string) func(*cloudwatchlogs.GetLogEventsInput) (*cloudwatchlogs.GetLogEventsOutput, error) {
	return func(in *cloudwatchlogs.GetLogEventsInput) (*cloudwatchlogs.GetLogEventsOutput, error) {
		out := &cloudwatchlogs.GetLogEventsOutput{NextForwardToken: aws.String("f/" + strings.Repeat("x", len(pages)))}
		if len(pages) > 0 {
			if pages[0] != "" {
				out.Events = []logtypes.OutputLogEvent{{Message: aws.String(pages[0])}}
			}
			pages = pages[1:]
		}
		return out, nil
	}
}

func TestRunReturnsOutputAndExitCode(t *testing.T) {
	t.Parallel()
	for code, pages := range map[int32][]string{0: {"one", "two"}, 3: {"", "", "one", "two"}} {
		synctest.Test(t, func(t *testing.T) {
			var ran *ecs.RunTaskInput
			m := &memory{
				runTask: func(in *ecs.RunTaskInput) (*ecs.RunTaskOutput, error) {
					ran = in
					return started, nil
				},
				describeTasks: answering[ecs.DescribeTasksInput](task("STOPPED", aws.Int32(code))), getLogEvents: logged(pages...),
			}
			var out bytes.Buffer
			err := m.account().Run(t.Context(), migrating, []string{"migrate", "status"}, &out)
			if got := exitCode(0); errors.As(err, &got) != (code != 0) || int32(got) != code {
				t.Errorf("exit code %d: %v", code, err)
			}
			if out.String() != "one\ntwo\n" {
				t.Errorf("printed %q", out.String())
			}
			if diff := cmp.Diff([]string{"migrate", "status"}, ran.Overrides.ContainerOverrides[0].Command); diff != "" {
				t.Errorf("(-wanted +run):\n%s", diff)
			}
		})
	}
}

func TestRunFails(t *testing.T) {
	t.Parallel()
	run := answering[ecs.RunTaskInput](started)
	synctest.Test(t, func(t *testing.T) {
		m := &memory{runTask: run, describeTasks: answering[ecs.DescribeTasksInput](task("STOPPED", nil)), getLogEvents: logged()}
		wantError(t, m.account().Run(t.Context(), migrating, nil, &bytes.Buffer{}), "task 0123abc did not start: Essential container exited CannotPullContainerError")
		m.getLogEvents = nil
		wantFailure(t, m.account().Run(t.Context(), migrating, nil, &bytes.Buffer{}), "its output cannot be read")
		wantFailure(t, (&memory{}).account().Run(t.Context(), migrating, nil, &bytes.Buffer{}), "start the task")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := (&memory{getLogEvents: logged()}).account().printWholeLog(ctx, "", "", &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v after the interruption", err)
		}
	})
}

// TestNewTokenIsOneOfTheAPI: its form, and the hash that the API looks for.
func TestNewTokenIsOneOfTheAPI(t *testing.T) {
	t.Parallel()
	token, hash := newToken()
	if !regexp.MustCompile(`^fua_[a-z2-7]{56}$`).MatchString(token) {
		t.Errorf("%q", token)
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(token[4:]))
	if err != nil || len(raw) != 35 {
		t.Fatalf("%d bytes: %v", len(raw), err)
	}
	if sum := crc32.ChecksumIEEE(raw[:32]); raw[32] != byte(sum>>24) || raw[33] != byte(sum>>16) || raw[34] != byte(sum>>8) {
		t.Errorf("checksum %x of %x", raw[32:], sum)
	}
	if sum := sha256.Sum256([]byte(token)); hash != hex.EncodeToString(sum[:]) {
		t.Errorf("hash %s", hash)
	}
}

// TestSmokeTokenIsInSSMAlone: the task learns its hash, and prints nothing.
func TestSmokeTokenIsInSSMAlone(t *testing.T) {
	t.Parallel()
	var ran, put string
	m := &memory{
		runTask: func(in *ecs.RunTaskInput) (*ecs.RunTaskOutput, error) {
			ran = strings.Join(in.Overrides.ContainerOverrides[0].Command, " ")
			return started, nil
		},
		describeTasks: answering[ecs.DescribeTasksInput](task("STOPPED", aws.Int32(0))), getLogEvents: logged("registered"),
		putParameter: func(in *ssm.PutParameterInput) (*ssm.PutParameterOutput, error) {
			put = aws.ToString(in.Name) + " " + aws.ToString(in.Value)
			return &ssm.PutParameterOutput{}, nil
		},
	}
	var out bytes.Buffer
	token, err := m.account().MakeSmokeToken(t.Context(), migrating, &out)
	if err != nil || put != "/fualab/dev/smoke-token "+token {
		t.Fatalf("put %q, made %q, %v", put, token, err)
	}
	sum := sha256.Sum256([]byte(token))
	if want := "token create --name smoke --scope read,write --expires never --hash " + hex.EncodeToString(sum[:]); ran != want || strings.Contains(out.String(), token) {
		t.Errorf("ran %q, printed %q", ran, out.String())
	}
	m.describeTasks = answering[ecs.DescribeTasksInput](task("STOPPED", aws.Int32(1)))
	if _, err := m.account().MakeSmokeToken(t.Context(), migrating, &out); err == nil {
		t.Error("a token that was not registered is used")
	}
}

// TestRunMakesTokensItself: their secret is printed here, and in no task.
func TestRunMakesTokensItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var out bytes.Buffer
	if err := w.deployment(&out).Run(t.Context(), []string{"token", "create", "--name", "ci"}); err != nil {
		t.Fatal(err)
	}
	said, token, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
	sum := sha256.Sum256([]byte(token))
	want := [][]string{{"token", "create", "--name", "ci", "--hash", hex.EncodeToString(sum[:])}}
	if diff := cmp.Diff(want, w.commands); diff != "" || said != "its output" {
		t.Errorf("%q (-wanted +run):\n%s", said, diff)
	}
	w.fail["run"] = exitCode(2)
	out.Reset()
	if err := w.deployment(&out).Run(t.Context(), []string{"token", "create", "--name", "ci"}); !errors.Is(err, exitCode(2)) || strings.Contains(out.String(), "fua_") {
		t.Errorf("error %v, printed %q", err, out.String())
	}
}
