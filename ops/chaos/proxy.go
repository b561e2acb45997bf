//go:build linux

package main

import (
	"context"
	"io"
	"net"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// proxy is a TCP way to a server on which faults can be laid.
type proxy struct {
	toxi *toxiproxy.Proxy
	port string
}

func newProxy(ctx context.Context, name, upstream string) (*proxy, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.New(io.Discard))
	p := &proxy{port: port, toxi: toxiproxy.NewProxy(server, name, "127.0.0.1:"+port, net.JoinHostPort("127.0.0.1", upstream))}
	return p, p.toxi.Start()
}

// cut ends all connections.
func (p *proxy) cut() { p.toxi.Stop() }
