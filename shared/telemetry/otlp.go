package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/fualab/fualab/shared/config"
)

// collector is a client of OTLP over HTTP
// (https://opentelemetry.io/docs/specs/otlp). OpenTelemetry's own exporter
// would link gRPC into every service, for two message types.
type collector struct {
	name   string // for the log
	signal config.OTLPSignal
	client *http.Client
	log    *slog.Logger
	lost   atomic.Bool
}

func newCollector(name string, signal config.OTLPSignal, log *slog.Logger) *collector {
	// It has its own connections, because this traffic belongs to no user's
	// request.
	client := &http.Client{Timeout: signal.Timeout, Transport: http.DefaultTransport.(*http.Transport).Clone()}
	return &collector{name: name, signal: signal, client: client, log: log}
}

// send posts m. It logs each loss and each return of the collector once. A
// refused message is lost, and the next batch tries again.
func (c *collector) send(ctx context.Context, m proto.Message) {
	err := c.post(ctx, m)
	switch lost := c.lost.Swap(err != nil); {
	case err != nil && !lost:
		c.log.WarnContext(ctx, "the collector does not accept telemetry", "signal", c.name, "error", err)
	case err == nil && lost:
		c.log.InfoContext(ctx, "the collector accepts telemetry again", "signal", c.name)
	}
}

func (c *collector) post(ctx context.Context, m proto.Message) error {
	body, err := c.encode(m)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.signal.URL, body)
	if err != nil {
		return err
	}
	for name, value := range c.signal.Headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	if c.signal.Gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	res, err := c.client.Do(req)
	if err != nil {
		return fmt.Errorf("send to the collector: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)) // so that the connection is reused
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("send to the collector: it answers %s", res.Status)
	}
	return nil
}

func (c *collector) encode(m proto.Message) (io.Reader, error) {
	plain, err := proto.Marshal(m)
	if err != nil || !c.signal.Gzip {
		return bytes.NewReader(plain), err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err = w.Write(plain)
	return &packed, errors.Join(err, w.Close())
}

// Start implements otlptrace.Client.
func (c *collector) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (c *collector) Stop(context.Context) error {
	c.client.CloseIdleConnections()
	return nil
}

// UploadTraces implements otlptrace.Client. On the wire, TracesData is
// ExportTraceServiceRequest. It returns no error, because the library would
// write each to standard error.
func (c *collector) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	c.send(ctx, &tracepb.TracesData{ResourceSpans: spans})
	return nil
}
