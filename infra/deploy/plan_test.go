package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plans reads those that `go tool task infra:apply-fake` makes: of each profile
// of the stack, with GitHub's role, and of bootstrap.
func plans(t *testing.T) map[string]plan {
	t.Helper()
	dir := os.Getenv("FUALAB_TEST_PLANS")
	if dir == "" {
		t.Skip("FUALAB_TEST_PLANS names no directory of plans; `go tool task infra:apply-fake` makes them")
	}
	out := make(map[string]plan)
	for _, name := range []string{"lite", "standard", "ha", "bootstrap"} {
		text, err := os.ReadFile(filepath.Join(dir, name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var p plan
		if err := json.Unmarshal(text, &p); err != nil {
			t.Fatal(err)
		}
		out[name] = p
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
	Statement []statement `json:"Statement"`
}

type statement struct {
	Effect    string                           `json:"Effect"`
	Principal json.RawMessage                  `json:"Principal"`
	Action    stringList                       `json:"Action"`
	Resource  stringList                       `json:"Resource"`
	Condition map[string]map[string]stringList `json:"Condition"`
}

const (
	githubRole     = "sts:AssumeRoleWithWebIdentity"
	githubSubject  = "token.actions.githubusercontent.com:sub"
	githubAudience = "token.actions.githubusercontent.com:aud"
)

// TestPlanPolicies: no policy has a wildcard for an action, none is
// public, and one for every resource has its reason in the source.
func TestPlanPolicies(t *testing.T) {
	t.Parallel()
	reasoned := onEverything(t)
	for name, p := range plans(t) {
		read := 0
		for _, c := range p.Changes {
			for _, attribute := range []string{"policy", "assume_role_policy"} {
				text, ok := c.Change.After[attribute].(string)
				if !ok {
					continue
				}
				var doc policy
				if err := json.Unmarshal([]byte(text), &doc); err != nil {
					t.Fatalf("%s: %s: %v", name, c.Address, err)
				}
				read += min(1, len(doc.Statement)) // a repository's rules are called a policy, too
				for _, fault := range doc.faults(reasoned) {
					t.Errorf("%s: %s: %s", name, c.Address, fault)
				}
			}
		}
		if read < 9 { // of the stack: three programs, two roles and a policy each; of bootstrap: four roles, a policy each, the bucket's
			t.Errorf("%s: only %d policies are known in the plan", name, read)
		}
	}
}

// TestPlanTrust: each of GitHub's roles is assumed by one kind of run of one
// repository, in both forms of the subject, and by no other caller.
func TestPlanTrust(t *testing.T) {
	t.Parallel()
	want := map[string][]string{}
	for role, run := range map[string]string{
		"fualab-github-build": "ref:refs/heads/main",
		"fualab-github-plan":  "pull_request", "fualab-github-drift-dev": "ref:refs/heads/main", "fualab-github-drift-prod": "ref:refs/heads/main",
		"fualab-github-release": "environment:release", "fualab-github-deploy-dev": "environment:dev", "fualab-github-deploy-prod": "environment:prod",
		"fualab-dev-github-status": "environment:dev", "fualab-prod-github-status": "environment:prod",
	} {
		want[role] = []string{"repo:fualab/fualab:" + run, "repo:fualab@1/fualab@2:" + run}
	}
	got := map[string][]string{}
	for name, p := range plans(t) {
		for _, c := range p.Changes {
			text, ok := c.Change.After["assume_role_policy"].(string)
			if !ok {
				continue
			}
			var doc policy
			if err := json.Unmarshal([]byte(text), &doc); err != nil {
				t.Fatalf("%s: %s: %v", name, c.Address, err)
			}
			for _, s := range doc.Statement {
				if slices.Contains(s.Action, githubRole) {
					role, _ := c.Change.After["name"].(string)
					got[role] = slices.Sorted(slices.Values(s.Condition["StringEquals"][githubSubject]))
				}
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("subjects by role (-wanted +planned):\n%s", diff)
	}
}

// faults finds the faults of a policy. reasoned are the actions that
// may be for every resource.
func (p policy) faults(reasoned []string) (faults []string) {
	for _, s := range p.Statement {
		if s.Effect == "Deny" {
			continue
		}
		if strings.Contains(string(s.Principal), `"*"`) {
			faults = append(faults, "for everybody")
		}
		for _, action := range s.Action {
			if strings.Contains(action, "*") {
				faults = append(faults, "action "+action)
			}
			if slices.Contains(s.Resource, "*") && !slices.Contains(reasoned, action) {
				faults = append(faults, action+" on every resource, without a reason")
			}
		}
		if slices.Contains(s.Action, githubRole) {
			faults = append(faults, s.trustFaults()...)
		}
	}
	return faults
}

// A subject names owner, repository and kind of run in full. Repositories made
// since mid-2026 carry the ids of the first two.
var subjectForms = []*regexp.Regexp{
	regexp.MustCompile(`^repo:([\w.-]+)/([\w.-]+):(environment:[a-z0-9]+|ref:refs/heads/main|pull_request)$`),
	regexp.MustCompile(`^repo:([\w.-]+)@\d+/([\w.-]+)@\d+:(environment:[a-z0-9]+|ref:refs/heads/main|pull_request)$`),
}

func (s statement) trustFaults() (faults []string) {
	exact := s.Condition["StringEquals"]
	if len(s.Condition) != 1 || len(exact) != 2 {
		faults = append(faults, "GitHub's token is not compared by StringEquals of audience and subject alone")
	}
	if !slices.Equal(exact[githubAudience], stringList{"sts.amazonaws.com"}) {
		faults = append(faults, "tokens for others are taken")
	}
	var names [][]string // owner, repository, kind of run; of each form once
	for i, form := range subjectForms {
		for _, subject := range exact[githubSubject] {
			if match := form.FindStringSubmatch(subject); match != nil && len(names) == i {
				names = append(names, match[1:])
			}
		}
	}
	if len(exact[githubSubject]) != 2 || len(names) != 2 || !slices.Equal(names[0], names[1]) {
		faults = append(faults, "GitHub's subject is not named in full, once in each form")
	}
	return faults
}

var (
	sourceStatement = regexp.MustCompile(`(?ms)^  statement \{\n.*?^  \}\n`)
	sourceActions   = regexp.MustCompile(`(?s)\bactions\s*=\s*\[(.*?)\]`)
	sourceAction    = regexp.MustCompile(`"([^"]+)"`)
	sourceWildcard  = regexp.MustCompile(`(?m)\bresources\s*=\s*\["\*"\](.*)$`)
)

// onEverything returns the actions that the sources have on every resource,
// and wants a reason at each such place.
func onEverything(t *testing.T) (actions []string) {
	t.Helper()
	files, err := filepath.Glob("../*/*.tf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no Terraform here: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sourceStatement.FindAllString(string(text), -1) {
			wildcard := sourceWildcard.FindStringSubmatch(s)
			if wildcard == nil {
				continue
			}
			if !strings.HasPrefix(wildcard[1], " # reason: ") {
				t.Errorf("%s: every resource, and no reason (resources = [\"*\"] # reason: …), in\n%s", file, s)
			}
			for _, list := range sourceActions.FindAllStringSubmatch(s, -1) {
				for _, action := range sourceAction.FindAllStringSubmatch(list[1], -1) {
					actions = append(actions, action[1])
				}
			}
		}
	}
	return actions
}

// TestReasons reads the sources alone, so that it needs no provider.
func TestReasons(t *testing.T) {
	t.Parallel()
	actions := onEverything(t)
	if !slices.Contains(actions, "ecr:GetAuthorizationToken") { // which knows no resource, and every program's start needs
		t.Errorf("the sources were not understood: on every resource there is only %q", actions)
	}
	for _, action := range actions {
		if strings.Contains(action, "*") {
			t.Errorf("%s on every resource", action)
		}
	}
}

func TestPolicyFaults(t *testing.T) {
	t.Parallel()
	trust := func(condition string) string {
		return `{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Condition":` + condition + `}]}`
	}
	subjects := func(list string) string {
		return trust(`{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:sub":[` + list + `]}}`)
	}
	tests := map[string]struct {
		text string
		want int
	}{
		"exact":              {`{"Statement":[{"Action":"ssm:GetParameters","Resource":["arn:aws:ssm:us-east-1:123456789012:parameter/a"]}]}`, 0},
		"login":              {`{"Statement":[{"Action":"ecr:GetAuthorizationToken","Resource":"*"}]}`, 0},
		"every action":       {`{"Statement":[{"Action":"ecr:*","Resource":"arn:a"}]}`, 1},
		"every resource":     {`{"Statement":[{"Action":["ssm:GetParameters"],"Resource":"*"}]}`, 1},
		"everybody":          {`{"Statement":[{"Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"arn:a"}]}`, 1},
		"nobody":             {`{"Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*"}]}`, 0},
		"not a policy":       {`{"rules":[]}`, 0},
		"both forms":         {subjects(`"repo:a/b:environment:dev","repo:a@1/b@2:environment:dev"`), 0},
		"main":               {subjects(`"repo:a/b:ref:refs/heads/main","repo:a@1/b@2:ref:refs/heads/main"`), 0},
		"one form":           {subjects(`"repo:a/b:environment:dev"`), 1},
		"one form twice":     {subjects(`"repo:a/b:environment:dev","repo:a/b:environment:dev"`), 1},
		"two environments":   {subjects(`"repo:a/b:environment:dev","repo:a@1/b@2:environment:prod"`), 1},
		"two repositories":   {subjects(`"repo:a/b:environment:dev","repo:a@1/c@2:environment:dev"`), 1},
		"every run":          {subjects(`"repo:a/b:*","repo:a@1/b@2:*"`), 1},
		"every branch":       {subjects(`"repo:a/b:ref:refs/heads/*","repo:a@1/b@2:ref:refs/heads/*"`), 1},
		"a prefix of main":   {subjects(`"repo:a/b:ref:refs/heads/main-2","repo:a@1/b@2:ref:refs/heads/main-2"`), 1},
		"by a pattern":       {trust(`{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:a/b:*"}}`), 3},
		"every repository":   {trust(`{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}`), 2},
		"another's audience": {strings.Replace(subjects(`"repo:a/b:environment:dev","repo:a@1/b@2:environment:dev"`), "sts.amazonaws.com", "*", 1), 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var doc policy
			if err := json.Unmarshal([]byte(tt.text), &doc); err != nil {
				t.Fatal(err)
			}
			if got := doc.faults([]string{"ecr:GetAuthorizationToken"}); len(got) != tt.want {
				t.Errorf("faults %q, wanted %d", got, tt.want)
			}
		})
	}
}
