package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
)

// request is one of the worst requests: close to a limit, or far beyond one.
type request struct {
	method, path, kind string
	body               []byte
}

func worstBodies() []request {
	const batch, single = 8<<20 - 200, 1<<20 - 200
	items := func(n int, item string) string { return "[" + strings.Repeat(item+",", n-1) + item + "]" }
	text := func(n int) string { return strings.Repeat("x", n) }
	var all []request
	for path, bodies := range map[string][]string{
		"/api/items/batch": {
			filled(`[{"name":"x","attributes":{"a":[`, "{},", "0]}}]", batch),
			filled("[", "1,", "1]", batch),
			filled(`[{"name":"x","attributes":{"a":[`, "9e307,", "0]}}]", batch),
			filled(`[{"name":"x","attributes":{"a":"`, `\u00e9`, `"}}]`, batch),
			filled("", "[", "", batch),
			items(1000, `{"name":"x","description":"`+text(4000)+`","attributes":{"k":"`+text(4000)+`"}}`),
			items(1000, `{"name":"x","attributes":{"a":[1,2,3,4,5,6,7,8,9,10],"b":{"c":{"d":[]}}}}`),
			items(1000, `{"name":"","attributes":[]}`),
		},
		"/api/items": {
			filled(`{"name":"x","attributes":{"a":[`, "0,", "0]}}", single),
			filled(`{"name":"x","description":"`, `\u0041`, `"}`, single),
		},
	} {
		for _, body := range bodies {
			all = append(all, request{http.MethodPost, path, "application/json", []byte(body)})
		}
	}
	return all
}

// unpackedBytes is the unpacked size of each file: two batches. Gzip packs it well.
const unpackedBytes = 8 << 20

func worstFiles() ([]request, error) {
	const row = 1<<20 - 200 // the longest
	rows := func(row string) string { return strings.Repeat(row+"\n", max(2, unpackedBytes/(len(row)+1))) }
	columns := func(cell func(n int) string) string {
		cells := make([]string, 4000)
		for n := range cells {
			cells[n] = cell(n)
		}
		return "name," + strings.Join(cells, ",") + "\n"
	}
	wide := columns(func(n int) string { return fmt.Sprintf("c%d", n) }) + rows(strings.TrimSpace("x"+strings.TrimPrefix(columns(func(int) string { return "1" }), "name")))
	var all []request
	for query, files := range map[string][]string{
		"format=ndjson": {
			rows(filled(`{"name":"x","attributes":{"a":[`, "9e399,", "0]}}", row)),
			rows(filled(`{"name":"x","attributes":{"a":[`, "{},", "0]}}", row)),
			rows(filled(`{"name":"x","attributes":{"a":[`, "0,", "0]}}", 60<<10)), // the limit for an item
			rows(filled(`{"name":"x","attributes":{"a":"`, `\u00e9`, `"}}`, 60<<10)),
			rows(`{"name":"x","attributes":` + strings.Repeat(`{"a":`, 30) + "1" + strings.Repeat("}", 31)),
			rows(filled("", "[", "", row)),
			filled(`{"name":"`, "x", `"}`, unpackedBytes), // one row
		},
		"format=csv": {
			wide,
			"name,description\n" + rows("x,"+strings.Repeat("y", 9999)),
			"name\n" + rows(`"`+strings.Repeat("x", row)+`"`),
			"name,attributes\n" + rows(`x,"{""a"":[`+strings.Repeat("9e399,", 150_000)+`0]}"`),
			"external_id,name\n" + rows("same,x"),
			"name\n" + strings.Repeat("\n", unpackedBytes),
			string(make([]byte, unpackedBytes)),
		},
		"format=csv&max_errors=1000000000": {"name,expires_at\n" + rows(",never")},
	} {
		for _, file := range files {
			packed, err := packedOf(file)
			if err != nil {
				return nil, err
			}
			all = append(all, request{http.MethodPost, "/api/imports?" + query, "application/gzip", packed})
		}
	}
	return all, nil
}

// filled returns head, as many units as fit into size, and tail.
func filled(head, unit, tail string, size int) string {
	return head + strings.Repeat(unit, (size-len(head)-len(tail))/len(unit)) + tail
}

func packedOf(file string) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(file)); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
