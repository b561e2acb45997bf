package contract_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/fualab/fualab/api/contract"
)

const problem = `{"type":"urn:fualab:problem:x","title":"X","status":404,"detail":"d","instance":"i"}`

func TestCheck(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	c, err := contract.Load(document)
	if err != nil {
		t.Fatal(err)
	}
	const typeJSON, typeProblem = "application/json", "application/problem+json"
	for name, tt := range map[string]struct {
		method, path string
		status       int
		media, body  string
		allow        string
		want         string // a part of the error; empty for none
	}{
		"a list":                 {method: "GET", path: "/api/items", status: 200, media: typeJSON, body: `[]`},
		"with a charset":         {method: "GET", path: "/api/items", status: 200, media: typeJSON + "; charset=utf-8", body: `[]`},
		"a problem":              {method: "GET", path: "/api/items/9", status: 404, media: typeProblem, body: problem},
		"nothing":                {method: "DELETE", path: "/api/items/9", status: 204},
		"head":                   {method: "HEAD", path: "/api/items/9", status: 200, media: typeJSON},
		"not modified":           {method: "GET", path: "/api/items/9", status: 304},
		"a stream":               {method: "GET", path: "/api/events", status: 200, media: "text/event-stream", body: "retry: 2000\n\n"},
		"no such path":           {method: "GET", path: "/nowhere", status: 404, media: typeProblem, body: problem},
		"no such method":         {method: "PUT", path: "/api/items", status: 405, media: typeProblem, body: problem, allow: "GET"},
		"unlisted status":        {method: "GET", path: "/api/items", status: 418, media: typeJSON, body: `[]`, want: "status"},
		"other media type":       {method: "GET", path: "/api/items", status: 200, media: "text/html", body: `[]`, want: "Content-Type text/html"},
		"no media type":          {method: "GET", path: "/api/items", status: 200, body: `[]`, want: "Content-Type"},
		"not JSON":               {method: "GET", path: "/api/items", status: 200, media: typeJSON, body: `[`, want: "not JSON"},
		"other shape":            {method: "GET", path: "/api/items", status: 200, media: typeJSON, body: `{}`, want: "want array"},
		"other shape inside":     {method: "GET", path: "/api/items", status: 200, media: typeJSON, body: `[{"id":"1"}]`, want: "missing properties"},
		"the batch is no id":     {method: "POST", path: "/api/items/batch", status: 200, media: typeJSON, body: `[]`, want: "status"},
		"body on nothing":        {method: "DELETE", path: "/api/items/9", status: 204, body: "x", want: "an unexpected body"},
		"body of a head":         {method: "HEAD", path: "/api/items/9", status: 200, media: typeJSON, body: "x", want: "an unexpected body"},
		"a path out of nowhere":  {method: "GET", path: "/nowhere", status: 200, media: typeJSON, body: `{}`, want: "404"},
		"a method out of it":     {method: "PUT", path: "/api/items", status: 200, media: typeJSON, body: `{}`, want: "405"},
		"405 without Allow":      {method: "PUT", path: "/api/items", status: 405, media: typeProblem, body: problem, want: "Allow"},
		"404 that is no problem": {method: "GET", path: "/nowhere", status: 404, media: "text/plain", body: "404", want: "Content-Type"},
		"a problem in part":      {method: "GET", path: "/nowhere", status: 404, media: typeProblem, body: `{}`, want: "missing properties"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			header.Set("Content-Type", tt.media)
			header.Set("Allow", tt.allow)
			err := c.Check(tt.method, tt.path, tt.status, header, []byte(tt.body))
			if got := ""; err != nil {
				got = err.Error()
				if tt.want == "" || !strings.Contains(got, tt.want) {
					t.Errorf("error %q, want %q in it", got, tt.want)
				}
			} else if tt.want != "" {
				t.Errorf("no error, want %q", tt.want)
			}
		})
	}
}
