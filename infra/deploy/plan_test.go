package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// plan is `terraform show -json` of a plan.
type plan struct {
	Changes []struct {
		Address string `json:"address"`
		Type    string `json:"type"`
		Change  struct {
			After map[string]any `json:"after"`
		} `json:"change"`
	} `json:"resource_changes"`
}

// plans reads those that `go tool task infra:apply-fake` makes, by profile.
func plans(t *testing.T) map[string]plan {
	t.Helper()
	dir := os.Getenv("FUALAB_TEST_PLANS")
	if dir == "" {
		t.Skip("FUALAB_TEST_PLANS names no directory of plans; `go tool task infra:apply-fake` makes them")
	}
	out := make(map[string]plan)
	for _, profile := range []string{"lite", "standard", "ha"} {
		text, err := os.ReadFile(filepath.Join(dir, profile+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var p plan
		if err := json.Unmarshal(text, &p); err != nil {
			t.Fatal(err)
		}
		out[profile] = p
	}
	return out
}

// one or many: IAM takes either.
type stringList []string

func (l *stringList) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*l = stringList{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(l))
}

type policy struct {
	Statement []struct {
		Effect    string                           `json:"Effect"`
		Action    stringList                       `json:"Action"`
		Resource  stringList                       `json:"Resource"`
		Condition map[string]map[string]stringList `json:"Condition"`
	} `json:"Statement"`
}

// onEverything are the actions that a policy may have on every resource,
// because they know none.
var onEverything = []string{"ecr:GetAuthorizationToken"}

// TestPlanPolicies: no policy has a wildcard for an action, or for a resource
// without reason, and what others assume is named in full.
func TestPlanPolicies(t *testing.T) {
	t.Parallel()
	for profile, p := range plans(t) {
		read := 0
		for _, c := range p.Changes {
			for _, attribute := range []string{"policy", "assume_role_policy"} {
				text, ok := c.Change.After[attribute].(string)
				if !ok || !strings.HasPrefix(c.Type, "aws_iam_") {
					continue
				}
				var doc policy
				if err := json.Unmarshal([]byte(text), &doc); err != nil {
					t.Fatalf("%s: %s: %v", profile, c.Address, err)
				}
				read++
				for _, fault := range doc.faults() {
					t.Errorf("%s: %s: %s", profile, c.Address, fault)
				}
			}
		}
		if read < 9 { // three programs: two roles and a policy each
			t.Errorf("%s: only %d policies are known in the plan", profile, read)
		}
	}
}

func (p policy) faults() (faults []string) {
	for _, s := range p.Statement {
		for _, action := range s.Action {
			if strings.Contains(action, "*") {
				faults = append(faults, "action "+action)
			}
			if slices.Contains(s.Resource, "*") && !slices.Contains(onEverything, action) {
				faults = append(faults, action+" on every resource")
			}
		}
		if !slices.Contains(s.Action, "sts:AssumeRoleWithWebIdentity") {
			continue
		}
		subjects := s.Condition["StringEquals"]["token.actions.githubusercontent.com:sub"]
		if len(subjects) == 0 || strings.Contains(strings.Join(subjects, ""), "*") {
			faults = append(faults, "GitHub's subject is not named in full")
		}
	}
	return faults
}

func TestPolicyFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want int
	}{
		"exact":              {`{"Statement":[{"Action":"ssm:GetParameters","Resource":["arn:aws:ssm:us-east-1:123456789012:parameter/a"]}]}`, 0},
		"login":              {`{"Statement":[{"Action":"ecr:GetAuthorizationToken","Resource":"*"}]}`, 0},
		"every action":       {`{"Statement":[{"Action":"ecr:*","Resource":"arn:a"}]}`, 1},
		"every resource":     {`{"Statement":[{"Action":["ssm:GetParameters"],"Resource":"*"}]}`, 1},
		"every branch":       {`{"Statement":[{"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:a/b:*"}}}]}`, 1},
		"every repository":   {`{"Statement":[{"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}}]}`, 1},
		"two exact subjects": {`{"Statement":[{"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:sub":["repo:a/b:environment:dev","repo:a@1/b@2:environment:dev"]}}}]}`, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var doc policy
			if err := json.Unmarshal([]byte(tt.text), &doc); err != nil {
				t.Fatal(err)
			}
			if got := doc.faults(); len(got) != tt.want {
				t.Errorf("faults %q, wanted %d", got, tt.want)
			}
		})
	}
}
