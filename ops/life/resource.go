package main

import (
	"context"
	"errors"
	"io"
)

func newResource(context.Context, *repository, []string, io.Reader) error { return errors.New("later") }
