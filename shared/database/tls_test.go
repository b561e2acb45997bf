package database_test

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
)

// TestCertificateIsChecked covers verify-full. A server gets no password if its
// authority is unknown or its certificate is for another name.
func TestCertificateIsChecked(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	own := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	for name, test := range map[string]struct {
		host, ca, query string
		trusted         bool
		says            string
	}{
		"unknown authority":          {"127.0.0.1", "", "sslmode=verify-full", false, "put the authority's certificate into FUALAB_DATABASE_CA"},
		"its own authority":          {"127.0.0.1", own, "sslmode=verify-full", true, ""},
		"its own, for each host":     {"127.0.0.1", own, "sslmode=verify-full&host=127.0.0.1,127.0.0.1", true, ""},
		"another name":               {"localhost", own, "sslmode=verify-full", false, "is for another name"},
		"no certificate in the text": {"127.0.0.1", "none", "sslmode=verify-full", false, "FUALAB_DATABASE_CA"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port, trusted := postgresTLS(t, server.TLS)
			_, err := database.Open(t.Context(), database.Options{
				URL: config.DatabaseURL("postgres://u:secret@" + test.host + ":" + port + "/d?" + test.query), CA: test.ca, Log: slog.New(slog.DiscardHandler),
			})
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v, wanted one that says %q", err, test.says)
			}
			if got := <-trusted; got != test.trusted {
				t.Errorf("the server was trusted: %t", got)
			}
		})
	}
}

// postgresTLS speaks Postgres until TLS begins, and reports whether its first
// client trusted the certificate.
func postgresTLS(t *testing.T, cfg *tls.Config) (port string, trusted <-chan bool) {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	told := make(chan bool, 1)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			_, read := io.ReadFull(conn, make([]byte, 8)) // SSLRequest
			_, wrote := conn.Write([]byte("S"))
			secured := tls.Server(conn, cfg)
			// With TLS 1.3, only the client's next message shows its trust.
			_, sent := secured.Read(make([]byte, 1))
			select {
			case told <- read == nil && wrote == nil && sent == nil:
			default:
			}
			_ = conn.Close()
		}
	}()
	_, port, err = net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port, told
}
