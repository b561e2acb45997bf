//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
)

// proxy is a TCP proxy before a server, which can inject faults.
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

// lay adds a toxic of this kind, from server to client unless upstream.
func (p *proxy) lay(kind, attributes string, upstream bool) error {
	direction := "downstream"
	if upstream {
		direction = "upstream"
	}
	text := fmt.Sprintf(`{"name":%q,"type":%[1]q,"stream":%q,"toxicity":1,"attributes":%s}`, kind, direction, attributes)
	_, err := p.toxi.Toxics.AddToxicJson(bytes.NewReader([]byte(text)))
	return err
}

// heal removes all toxics.
func (p *proxy) heal(ctx context.Context) { p.toxi.Toxics.ResetToxics(ctx) }

// cut ends all connections, and refuses new ones until restored.
func (p *proxy) cut() { p.toxi.Stop() }

func (p *proxy) restore() error { return p.toxi.Start() }

// cutter ends every connection of its proxy when a client has sent a statement.
type cutter struct {
	Statement string // the beginning of the statement, in lower case
	Whole     bool   // the server gets all of it, and the response is lost; otherwise it gets half
}

// cuts carries the requests of cutters. One goroutine of each scenario executes
// them, because Pipe may not stop its own proxy.
var cuts = make(chan struct{}, 1)

var registerCutter = sync.OnceFunc(func() { toxics.Register("cutter", new(cutter)) })

// Pipe implements toxics.Toxic.
func (c *cutter) Pipe(stub *toxics.ToxicStub) {
	for {
		select {
		case <-stub.Interrupt:
			return
		case chunk := <-stub.Input:
			if chunk == nil {
				stub.Close()
				return
			}
			hit := bytes.Contains(bytes.ToLower(chunk.Data), []byte(c.Statement))
			if hit && !c.Whole {
				chunk.Data = chunk.Data[:len(chunk.Data)/2]
			}
			stub.Output <- chunk
			if hit {
				select {
				case cuts <- struct{}{}:
				default: // a cut is already requested
				}
			}
		}
	}
}

// cutOn cuts all connections the given number of times, each time after a client
// has sent a statement. The server's response is then still on its way.
func (p *proxy) cutOn(ctx context.Context, c cutter, times int) error {
	registerCutter()
	if err := p.lay("latency", `{"latency":50}`, false); err != nil {
		return err
	}
	for range times {
		if err := p.lay("cutter", fmt.Sprintf(`{"Statement":%q,"Whole":%t}`, c.Statement, c.Whole), true); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-cuts:
		}
		// The server needs time to read the statement, less than for its response.
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
		p.cut()
		if err := p.toxi.Toxics.RemoveToxic(ctx, "cutter"); err != nil {
			return err
		}
		select {
		case <-cuts: // requested in the meantime
		default:
		}
		if err := p.restore(); err != nil {
			return err
		}
		if err := pause(ctx, 300*time.Millisecond); err != nil {
			return err
		}
	}
	p.heal(ctx)
	return nil
}
