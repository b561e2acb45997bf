package main

import (
	"context"
	"io"
)

// stream is the body of a response without an end.
type stream struct {
	io.ReadCloser
	stopping context.Context
	forget   func() bool
}

// endWith returns body with an orderly end when stopping ends. Otherwise one
// open stream would delay the server's end for the whole time that requests in
// flight are granted.
func endWith(stopping context.Context, body io.ReadCloser) io.ReadCloser {
	forget := context.AfterFunc(stopping, func() { _ = body.Close() }) // wakes Read
	return &stream{body, stopping, forget}
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if err != nil && s.stopping.Err() != nil {
		err = io.EOF
	}
	return n, err
}

func (s *stream) Close() error {
	s.forget()
	return s.ReadCloser.Close()
}
