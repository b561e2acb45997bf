package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"
)

// wantError wants err to say something; "" is no error.
func wantError(t *testing.T, err error, says string) {
	t.Helper()
	if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
		t.Errorf("error %v, wanted one that says %q", err, says)
	}
}

// holding is SSM with one parameter, which it hands out in plain text.
func holding(t *testing.T, path, value string) *memory {
	return &memory{getParameter: func(in *ssm.GetParameterInput) (*ssm.GetParameterOutput, error) {
		if !aws.ToBool(in.WithDecryption) {
			t.Errorf("%s is read without decryption", aws.ToString(in.Name))
		}
		if aws.ToString(in.Name) != path {
			return nil, &ssmtypes.ParameterNotFound{}
		}
		return &ssm.GetParameterOutput{Parameter: &ssmtypes.Parameter{Value: aws.String(value)}}, nil
	}}
}

func record(t *testing.T, r Release) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRecordIsReadFromItsPath(t *testing.T) {
	t.Parallel()
	const path = "/fualab/dev/release/current"
	got, err := holding(t, path, record(t, release("old"))).account().Record(t.Context(), current)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(release("old"), got); diff != "" {
		t.Errorf("(-stored +read):\n%s", diff)
	}
	_, err = holding(t, path, "unset").account().Record(t.Context(), current)
	wantError(t, err, path+": the record is no JSON")
	_, err = holding(t, path, "{}").account().Record(t.Context(), previous)
	wantError(t, err, "there is no parameter /fualab/dev/release/previous: apply the stack once by hand")
	_, err = (&memory{}).account().Record(t.Context(), current)
	wantFailure(t, err, "read "+path)
}

func TestPutRecordReplacesTheParameter(t *testing.T) {
	t.Parallel()
	var put *ssm.PutParameterInput
	m := &memory{putParameter: func(in *ssm.PutParameterInput) (*ssm.PutParameterOutput, error) {
		put = in
		return &ssm.PutParameterOutput{}, nil
	}}
	if err := m.account().PutRecord(t.Context(), previous, release("old")); err != nil {
		t.Fatal(err)
	}
	if aws.ToString(put.Name) != "/fualab/dev/release/previous" || !aws.ToBool(put.Overwrite) {
		t.Errorf("%s, overwritten %t", aws.ToString(put.Name), aws.ToBool(put.Overwrite))
	}
	got, err := parseRelease(aws.ToString(put.Value))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(release("old"), got); diff != "" {
		t.Errorf("(-wanted +stored):\n%s", diff)
	}
	if err := (&memory{}).account().PutRecord(t.Context(), previous, release("old")); !errors.Is(err, errDown) {
		t.Errorf("error %v, wanted AWS' own", err)
	}
}

// TestUnsetSmokeTokenIsNone: Terraform cannot make a parameter without a value.
func TestUnsetSmokeTokenIsNone(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"unset": "", "fua_abc": "fua_abc"} {
		got, err := holding(t, "/fualab/dev/smoke-token", value).account().SmokeToken(t.Context())
		if err != nil || got != want {
			t.Errorf("%q is read as %q, %v", value, got, err)
		}
	}
	_, err := holding(t, "/fualab/prod/smoke-token", "fua_abc").account().SmokeToken(t.Context())
	wantError(t, err, "apply the stack once by hand")
	_, err = (&memory{}).account().SmokeToken(t.Context())
	wantFailure(t, err, "read /fualab/dev/smoke-token")
}
