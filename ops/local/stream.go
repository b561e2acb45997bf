package main

import (
	"context"
	"io"
)

// stream is the body of an answer that has no end of its own.
type stream struct {
	io.ReadCloser
	stopping context.Context
	forget   func() bool
}

// endWith returns body with an orderly end at the time when stopping ends.
// Otherwise one open stream would hold up the server's end for as long as it
// grants to requests in flight.
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
