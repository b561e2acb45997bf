package page

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(`# Page
<!-- run: local -->
'''sh
one
two
'''

1. In a list:

   <!-- run: gameday find -->
   '''sh
   three
   '''

'''json
{}
'''
<!-- not run: it needs AWS -->
'''sh
four
'''
`, "'''", "```")
	got, err := parse(text)
	want := []Block{{3, Local, "one\ntwo\n"}, {11, Find, "three\n"}, {19, Nowhere, "four\n"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestMarks(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "<!-- run: nowhere -->", "<!-- not run: -->", "<!-- calls:begin -->", "<!-- run: local -->\n"} {
		_, err := parse("# Page\n" + before + "\n```sh\nls\n```\n")
		if err == nil || !strings.Contains(err.Error(), "without a mark") {
			t.Errorf("after %q: %v", before, err)
		}
	}
	if _, err := parse("<!-- run: local -->\n```sh\nls\n"); err == nil {
		t.Error("a block without an end is accepted")
	}
}
