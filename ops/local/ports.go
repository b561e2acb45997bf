package main

import (
	"context"
	"errors"
	"net"

	"github.com/fualab/fualab/ops/internal/localconfig"
	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/httpserver"
)

// ports holds the listeners of the platform, bound before any part runs.
type ports struct{ api, worker, frontend net.Listener }

// listen binds every port. The error names each port that cannot be bound, with
// the variable that changes it.
func listen(ctx context.Context, cfg localconfig.Config) (*ports, error) {
	var p ports
	var faults []error
	for _, l := range []struct {
		listener *net.Listener
		addr     config.Addr
		variable string
	}{
		{&p.api, cfg.APIAddr, "FUALAB_API_ADDR"},
		{&p.worker, cfg.WorkerAddr, "FUALAB_WORKER_ADDR"},
		{&p.frontend, cfg.FrontendAddr, "FUALAB_FRONTEND_ADDR"},
	} {
		ln, err := httpserver.Listen(ctx, string(l.addr), l.variable)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		*l.listener = ln
	}
	if len(faults) > 0 {
		p.Close()
		return nil, errors.Join(faults...)
	}
	return &p, nil
}

// Close closes the listeners that no service has closed yet.
func (p *ports) Close() {
	for _, ln := range []net.Listener{p.api, p.worker, p.frontend} {
		if ln != nil {
			_ = ln.Close() // the service that used it may have closed it
		}
	}
}

// reachable returns the host:port at which this machine reaches ln. For a
// listener on every interface that is the loopback address.
func reachable(ln net.Listener) string {
	addr := ln.Addr().String()
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsUnspecified() {
		return addr
	}
	return net.JoinHostPort("127.0.0.1", port)
}
