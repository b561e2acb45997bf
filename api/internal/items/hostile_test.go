package items_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	apicontract "github.com/fualab/fualab/api/contract"
)

var hostilities = flag.Int("hostilities", 8, "how many bodies of each kind TestHostileBodies sends to each operation")

// The bounds of one request with a hostile body: the time of its answer, and all
// that client and server allocate for it.
const (
	hostileTime  = 5 * time.Second
	hostileBytes = 32 << 20
)

// hostile are the kinds of JSON values that cost a reader much, or that two
// readers understand differently. Each takes about as many bytes as it is told.
var hostile = map[string]func(size int) string{
	"deep arrays":         func(size int) string { return nested("[", "0", "]", size) },
	"deep objects":        func(size int) string { return nested(`{"a":`, "0", "}", size) },
	"open arrays":         func(size int) string { return strings.Repeat("[", size) },
	"a wide array":        func(size int) string { return filled("[", "0,", "0]", size) },
	"empty objects":       func(size int) string { return filled("[", "{},", "{}]", size) },
	"a wide object":       wideObject,
	"a long number":       func(size int) string { return filled("1", "7", "7", size) },
	"a long fraction":     func(size int) string { return filled("0.", "7", "7", size) },
	"large exponents":     func(size int) string { return filled("[", "9e307,", "1]", size) },
	"an endless exponent": func(size int) string { return filled("[", "1e-999999999,1e999999999,", "1]", size) },
	"equal members":       func(size int) string { return filled("{", `"a":1,`, `"a":2}`, size) },
	"half surrogates":     func(size int) string { return filled(`"`, `\ud800`, `"`, size) },
	"escapes":             func(size int) string { return filled(`"`, `\u00e9`, `"`, size) },
	"a long text":         func(size int) string { return filled(`"`, "x", `"`, size) },
	"zeros":               func(size int) string { return filled(`"`, "\x00", `"`, size) },
	"broken text":         func(size int) string { return filled(`"`, "\xff", `"`, size) },
	"many faults":         func(size int) string { return filled("[", `{"name":"","attributes":[],"x":1},`, `{}]`, size) },
}

func filled(head, unit, tail string, size int) string {
	return head + strings.Repeat(unit, max(1, (size-len(head)-len(tail))/len(unit))) + tail
}

func nested(open, inner, end string, size int) string {
	n := max(1, size/(len(open)+len(end)))
	return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
}

func wideObject(size int) string {
	var b strings.Builder
	for n := 0; b.Len() < size; n++ {
		fmt.Fprintf(&b, `"k%d":0,`, n)
	}
	return "{" + b.String() + `"k":0}`
}

// TestHostileBodies sends each operation with a body each kind of hostile value,
// at random places and in each size. Each answer is 2xx or 4xx, and costs no
// more time and memory than a bound.
func TestHostileBodies(t *testing.T) { // not parallel: it measures allocations
	c, operations := newProvoked(t)
	c.Do("POST", "/api/imports", "", "Content-Type: text/csv", "Upload-Complete: ?0")
	p := newProvoker(t)
	operations = slices.DeleteFunc(operations, func(op *apicontract.Operation) bool { return op.RequestBody == nil })
	if len(operations) < 5 {
		t.Fatalf("%d operations have a body", len(operations))
	}
	statuses := make(map[int]int)
	var worst uint64
	for _, op := range operations {
		path := strings.NewReplacer("{id}", "1", "{name}", "rows.expire").Replace(op.Path)
		for _, kind := range slices.Sorted(maps.Keys(hostile)) {
			for n := range *hostilities {
				p.Rand = rand.New(rand.NewPCG(2, uint64(n))) // the same bodies each time
				body, headers := p.hostileBody(op, hostile[kind](sizes[n%len(sizes)]))
				before, began := allocated(), time.Now()
				got, err := c.Send(op.Method, path, body, headers...)
				took, bytes := time.Since(began), allocated()-before
				worst = max(worst, bytes)
				if err != nil || got.Status >= 500 || took > hostileTime || bytes > hostileBytes {
					t.Errorf("%s %s with %s, %d of %d bytes: %d %.200s, %v, in %s with %d MiB",
						op.Method, path, kind, n, len(body), got.Status, got.Body, err, took, bytes>>20)
				}
				statuses[got.Status]++
			}
		}
	}
	t.Logf("answers by status: %v; %d MiB at most", statuses, worst>>20)
	if statuses[200]+statuses[201]+statuses[202] == 0 || statuses[422] == 0 || statuses[404] > 0 {
		t.Errorf("the bodies are too much alike: %v", statuses)
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// sizes are the lengths of hostile values.
var sizes = []int{100, 5_000, 100_000, 900_000}

// hostileBody returns a body of op with a hostile value in it, and headers.
func (p *provoker) hostileBody(op *apicontract.Operation, value string) (body string, headers []string) {
	media := pick(p, slices.Sorted(maps.Keys(op.RequestBody.Content))...)
	headers = []string{"Content-Type: " + media}
	text, _ := json.Marshal(op.RequestBody.Content[media]) // it comes from JSON
	var content struct{ Schema schema }
	_ = json.Unmarshal(text, &content)
	if content.Schema.Format == "binary" {
		body = pick(p, value, `{"name":"x","attributes":{"a":`+value+"}}\n", "name,attributes.a\nx,"+value+"\n", strings.ReplaceAll(value, ",", "\n"))
		headers = append(headers, "Upload-Offset: 0")
	} else {
		body = p.planted(content.Schema, value)
	}
	if p.often(2) {
		body = packed(body, pick(p, 1, 20))
		headers = append(headers, "Content-Encoding: gzip")
	}
	return body, headers
}

// planted is a body with value in the place of one of its values. Members have
// another letter case at times, or stand there twice.
func (p *provoker) planted(s schema, value string) string {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = p.schemas[name]
	}
	if p.often(2) {
		return value
	}
	switch s.Type {
	case "array":
		one := p.planted(*s.Items, value)
		return "[" + strings.Repeat(one+",", pick(p, 0, 1, 3)) + one + "]"
	case "object":
		return p.plantedObject(s, value)
	default:
		return value
	}
}

func (p *provoker) plantedObject(s schema, value string) string {
	names := slices.Sorted(maps.Keys(s.Properties))
	if len(names) == 0 {
		return `{"a":` + value + "}"
	}
	target := pick(p, names...)
	var members []string
	for _, name := range names {
		if name != target && !slices.Contains(s.Required, name) {
			continue
		}
		text := p.planted(s.Properties[name], value)
		if name != target {
			valid, _ := json.Marshal(p.value(s.Properties[name], 1))
			text = string(valid)
		}
		if p.often(1) {
			name = strings.ToUpper(name)
		}
		members = append(members, fmt.Sprintf("%q:%s", name, text))
		if p.often(1) {
			members = append(members, fmt.Sprintf("%q:%s", name, text))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// packed is body in gzip, times times.
func packed(body string, times int) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range times {
		_, _ = z.Write([]byte(body)) // memory takes it
	}
	_ = z.Close()
	return b.String()
}
