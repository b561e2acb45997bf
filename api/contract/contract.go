// Package contract checks responses against the OpenAPI document. The API's
// tests and the programs of ops use it; no service links it.
package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Contract is an OpenAPI 3.1 document, whose schemas are JSON Schema 2020-12.
// It is safe for concurrent use.
type Contract struct {
	paths map[string]map[string]*Operation // by template and method

	mu       sync.Mutex // a compiler is not safe for concurrent use
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema
}

// Operation is a method of a path, with the parts that allow checks of requests
// and responses.
type Operation struct {
	Method, Path string // the path's template: /api/runs/{id}

	Parameters  []Parameter         `json:"parameters"`
	RequestBody *Body               `json:"requestBody"`
	Responses   map[string]Response `json:"responses"`
}

// Parameter is an input of a request outside its body.
type Parameter struct {
	Name     string          `json:"name"`
	In       string          `json:"in"`
	Required bool            `json:"required"`
	Schema   json.RawMessage `json:"schema"`
}

// Body is a body with its media types.
type Body struct {
	Required bool           `json:"required"`
	Content  map[string]any `json:"content"`
}

// Response is a response with one status.
type Response struct {
	Content map[string]any `json:"content"`
}

const (
	resource    = "openapi.json"
	problemType = "application/problem+json"
)

// Load reads an OpenAPI document.
func Load(document []byte) (*Contract, error) {
	var doc struct {
		Paths map[string]map[string]*Operation `json:"paths"`
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	c := &Contract{paths: map[string]map[string]*Operation{}, compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(resource, whole); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	for path, methods := range doc.Paths {
		c.paths[path] = map[string]*Operation{}
		for method, op := range methods {
			op.Method, op.Path = strings.ToUpper(method), path
			c.paths[path][op.Method] = op
		}
	}
	return c, nil
}

// Operations returns all operations, sorted by path and method.
func (c *Contract) Operations() []*Operation {
	var all []*Operation
	for _, methods := range c.paths {
		for _, op := range methods {
			all = append(all, op)
		}
	}
	slices.SortFunc(all, func(a, b *Operation) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
	return all
}

// Operation returns the operation of method on path, without its query. known
// reports whether the document has the path with any method.
func (c *Contract) Operation(method, path string) (op *Operation, known bool) {
	methods := c.match(path)
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return methods[method], methods != nil
}

// match prefers a path without parameters, such as /api/runs/latest, to
// /api/runs/{id}.
func (c *Contract) match(path string) map[string]*Operation {
	if methods, ok := c.paths[path]; ok {
		return methods
	}
	segments := strings.Split(path, "/")
	for template, methods := range c.paths {
		if fits(strings.Split(template, "/"), segments) {
			return methods
		}
	}
	return nil
}

func fits(template, segments []string) bool {
	return slices.EqualFunc(template, segments, func(part, segment string) bool {
		return part == segment || strings.HasPrefix(part, "{") && segment != ""
	})
}

// Check returns an error if a response to method on path, without a query,
// breaks the contract: by its status, its media type or its body. A path
// outside the document needs 404, and a method outside it needs 405 with Allow.
func (c *Contract) Check(method, path string, status int, header http.Header, body []byte) error {
	err := c.check(method, path, status, header, body)
	if err != nil {
		return fmt.Errorf("%s %.200s answered %d: %w", method, path, status, err)
	}
	return nil
}

func (c *Contract) check(method, path string, status int, header http.Header, body []byte) error {
	if path == "/openapi.json" || path == "/docs" || strings.HasPrefix(path, "/docs/") {
		return nil // for readers; the document does not document itself
	}
	op, known := c.Operation(method, path)
	if op == nil {
		return c.checkUnlisted(method, known, status, header, body)
	}
	response, ok := op.Responses[strconv.Itoa(status)]
	if !ok {
		return errors.New("the document does not list this status")
	}
	if len(response.Content) == 0 || method == http.MethodHead {
		if len(body) > 0 {
			return fmt.Errorf("an unexpected body: %.200q", body)
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("Content-Type: %w", err)
	}
	if _, ok := response.Content[media]; !ok {
		return fmt.Errorf("the document does not list Content-Type %s", media)
	}
	if media != "application/json" && media != problemType {
		return nil // a stream or a file
	}
	return c.checkBody(pointer("paths", op.Path, strings.ToLower(op.Method), "responses", strconv.Itoa(status), "content", media, "schema"), body)
}

func (c *Contract) checkUnlisted(method string, known bool, status int, header http.Header, body []byte) error {
	switch {
	case status == http.StatusUnauthorized && header.Get("WWW-Authenticate") != "": // unauthenticated callers do not learn which paths exist
	case known && status != http.StatusMethodNotAllowed:
		return errors.New("the document does not list this method, so 405 is due")
	case known && header.Get("Allow") == "":
		return errors.New("405 without Allow")
	case !known && status != http.StatusNotFound:
		return errors.New("the document does not list this path, so 404 is due")
	case header.Get("Content-Type") != problemType:
		return fmt.Errorf("Content-Type is %q, not %s", header.Get("Content-Type"), problemType)
	case method == http.MethodHead:
		return nil
	}
	return c.checkBody(pointer("components", "schemas", "Problem"), body)
}

// checkBody validates body against the schema at the given place of the
// document.
func (c *Contract) checkBody(at string, body []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the body is not JSON: %w", err)
	}
	schema, err := c.schema(at)
	if err != nil {
		return err
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("%w: %.500s", err, body)
	}
	return nil
}

func (c *Contract) schema(at string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.schemas[at]; ok {
		return s, nil
	}
	s, err := c.compiler.Compile(resource + at)
	if err != nil {
		return nil, fmt.Errorf("the document's schema is unusable: %w", err)
	}
	c.schemas[at] = s
	return s, nil
}

// pointer returns the fragment of a JSON Pointer.
func pointer(parts ...string) string {
	at := "#"
	for _, part := range parts {
		at += "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D", "+", "%2B").Replace(part)
	}
	return at
}
