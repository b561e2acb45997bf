// Package names has the names of a product, a role each, and renames files from one set of them to another. It reads no
// file, no clock and no network: equal input gives equal output, so that an update can repeat the renaming of init.
package names

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Names are the names of a product. Each has one role.
type Names struct {
	// Product is the name for people, on pages and in documents: Acme Shop.
	Product string `json:"product"`
	// Name is the name for machines: of programs, images, Redis keys, the Compose project, and on AWS: acme-shop.
	Name string `json:"name"`
	// Identifier is Name where no hyphen may stand: in metrics, and for the database and its roles: acme_shop.
	Identifier string `json:"identifier"`
	// Module is the path that the paths of the Go modules begin with: github.com/acme/shop.
	Module string `json:"module"`
	// Repository is owner and name on GitHub, from which releases are signed: acme/shop.
	Repository string `json:"repository"`
	// Variables begins the name of each environment variable: ACME_SHOP_.
	Variables string `json:"variables"`
	// Token begins each API token: acm_.
	Token string `json:"token"`
	// Letter is on the icon of the web client: A.
	Letter string `json:"letter"`
	// Licence is the sentence of LICENSE and README, without its full stop.
	Licence string `json:"licence"`
}

// Roles are the names of a set, in order: the role as JSON has it, its question, and its place in a set.
var Roles = []struct {
	Name, Question string
	Of             func(*Names) *string
}{
	{"product", "Name of the product, for people", func(n *Names) *string { return &n.Product }},
	{"repository", "Repository on GitHub, as owner/name", func(n *Names) *string { return &n.Repository }},
	{"module", "Path of the Go modules", func(n *Names) *string { return &n.Module }},
	{"name", "Name for machines: programs, images, AWS, Redis", func(n *Names) *string { return &n.Name }},
	{"identifier", "The same without hyphens: metrics, database", func(n *Names) *string { return &n.Identifier }},
	{"variables", "Prefix of environment variables", func(n *Names) *string { return &n.Variables }},
	{"token", "Prefix of API tokens", func(n *Names) *string { return &n.Token }},
	{"letter", "Letter on the icon", func(n *Names) *string { return &n.Letter }},
	{"licence", "Licence, one sentence", func(n *Names) *string { return &n.Licence }},
}

// Completed returns n with each empty name derived from the others. The names without a source stay empty.
func (n Names) Completed() Names {
	orElse(&n.Name, strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(n.Product), "-"), "-"))
	orElse(&n.Identifier, strings.ReplaceAll(n.Name, "-", "_"))
	if n.Repository != "" {
		orElse(&n.Module, "github.com/"+n.Repository)
	}
	if n.Identifier != "" {
		orElse(&n.Variables, strings.ToUpper(n.Identifier)+"_")
		letters := strings.ReplaceAll(n.Identifier, "_", "")
		orElse(&n.Token, letters[:min(3, len(letters))]+"_")
	}
	if n.Product != "" {
		orElse(&n.Letter, strings.ToUpper(n.Product[:1]))
		orElse(&n.Licence, "All rights in "+n.Product+" are reserved")
	}
	return n
}

func orElse(s *string, other string) {
	if *s == "" {
		*s = other
	}
}

// A rule is the form of a name, with the cure of another form.
type rule struct {
	form *regexp.Regexp
	cure string
}

var rules = map[string]rule{
	"product":    {regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([ -][A-Za-z0-9]+)*$`), "use letters and digits, in words with one space or hyphen between, such as Acme Shop"},
	"name":       {regexp.MustCompile(`^[a-z][a-z0-9]+(-[a-z0-9]+)*$`), "use small letters and digits, in words with a hyphen between, such as acme-shop"},
	"identifier": {regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`), "use small letters and digits, in words with an underscore between, such as acme_shop"},
	"module":     {regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$`), "use a host and a path, such as github.com/acme/shop"},
	"repository": {regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*/[A-Za-z0-9_-][A-Za-z0-9._-]*$`), "use owner and name, such as acme/shop"},
	"variables":  {regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*_$`), "use capital letters and digits with an underscore at the end, such as ACME_SHOP_"},
	"token":      {regexp.MustCompile(`^[a-z][a-z0-9]{1,9}_$`), "use two to ten small letters and digits with an underscore at the end, such as acm_"},
	"letter":     {regexp.MustCompile(`^[A-Z0-9]$`), "use one capital letter or digit"},
	"licence":    {regexp.MustCompile("^[^\\n\"`<>&\\\\]*[^\\n\"`<>&\\\\.]$"), "use one line without quotation marks, angle brackets, ampersand and backslash, and without the full stop at its end"},
}

// The longest names that fit: a load balancer's target group on AWS has 32 characters, such as NAME-staging-api; a
// namespace of metrics and titles have room for 60.
var longest = map[string]int{"product": 40, "name": 20, "identifier": 20, "module": 120, "repository": 140, "variables": 32, "licence": 400}

// taken are names that other things have: parts of the platform and what it stands on, its tests' examples, and words
// that SQL keeps for itself.
var taken = strings.Fields(`admin all analyse analyze and another any api array as asc backup console default desc docs end
	frontend from grant group health images infra into jobs lab limit local main migrate not null ops or order owner platform
	postgres product psql public redis release root run select service shared sqlite stranger table template0 template1 test
	to user using web when where with worker`)

// foreign are the beginnings of variables that other programs read.
var foreign = []string{"AWS_", "CI_", "COMPOSE_", "DOCKER_", "GIT_", "GITHUB_", "GO_", "NODE_", "NPM_", "OTEL_", "PG_", "POSTGRES_", "TF_"}

// Faults returns the reasons for which n cannot name a product made from base, a sentence each with cause and cure. n is
// completed.
func (n Names) Faults(base Names) []string {
	var faults []string
	refuse := func(role, format string, args ...any) {
		faults = append(faults, role+": "+fmt.Sprintf(format, args...))
	}
	for _, r := range Roles {
		value := *r.Of(&n)
		switch {
		case value == "":
			refuse(r.Name, "is missing; give it by -%s or in the file of -from", r.Name)
			continue
		case !rules[r.Name].form.MatchString(value):
			refuse(r.Name, "%q has another form; %s", value, rules[r.Name].cure)
			continue
		case longest[r.Name] > 0 && len(value) > longest[r.Name]:
			refuse(r.Name, "%q has %d characters; choose one of at most %d", value, len(value), longest[r.Name])
		}
		if r.Name != "licence" && contains(value, base) {
			refuse(r.Name, "%q contains the name of the platform, so that an update could not tell them apart; choose another", value)
		}
	}
	for role, value := range map[string]string{"name": n.Name, "identifier": n.Identifier} {
		if slices.Contains(taken, value) {
			refuse(role, "%q is the name of something else in the platform or in SQL; choose another", value)
		}
	}
	for _, begin := range []string{"aws", "ssm"} {
		if strings.HasPrefix(n.Name, begin) {
			refuse("name", "%q begins with %s, which AWS keeps for itself in the names of parameters; choose another", n.Name, begin)
		}
	}
	for _, begin := range foreign {
		if strings.HasPrefix(n.Variables, begin) {
			refuse("variables", "%q begins with %s, as the variables of another program do; choose another", n.Variables, begin)
		}
	}
	if last := n.Module[strings.LastIndex(n.Module, "/")+1:]; regexp.MustCompile(`^v[0-9]+$`).MatchString(last) {
		refuse("module", "%q ends with a major version; leave %s out", n.Module, last)
	}
	slices.Sort(faults)
	return faults
}

// contains reports whether value contains the base's name for machines, in any case.
func contains(value string, base Names) bool {
	return base.Name != "" && strings.Contains(strings.ToLower(value), strings.ToLower(base.Name))
}
