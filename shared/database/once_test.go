package database_test

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/config"
	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/errs"
	"github.com/fualab/fualab/shared/testdb"
)

// TestAStatementIsSentOnce loses the answer to an INSERT. The caller must find
// out whether the row exists; database/sql must not retry.
func TestAStatementIsSentOnce(t *testing.T) {
	t.Parallel()
	address := testdb.NewURL(t, "postgres")
	direct := testdb.Open(t, address)
	if _, err := direct.ExecContext(t.Context(), "CREATE TABLE once (n int)"); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	server := u.Host
	// pgx reports a truncated answer and a missing answer differently.
	for n, part := range []bool{false, true} {
		u.Host = loseAnswers(t, server, []byte("INSERT INTO once"), part)
		db := testdb.Open(t, config.DatabaseURL(u.String()))
		_, exec := db.ExecContext(t.Context(), "INSERT INTO once VALUES (?)", 2*n)
		query := db.NewRaw("INSERT INTO once VALUES (?) RETURNING n", 2*n+1).Scan(t.Context(), new(int))
		for _, err := range []error{exec, query} {
			if err := database.Error(err, "insert"); !errs.Is(err, errs.Unavailable) {
				t.Errorf("part of the answer %t: got %v, want an Unavailable error", part, err)
			}
		}
	}
	var made []int
	if err := direct.NewRaw("SELECT n FROM once ORDER BY n").Scan(t.Context(), &made); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{0, 1, 2, 3}, made); diff != "" {
		t.Errorf("rows (-sent +made):\n%s", diff)
	}
}

// loseAnswers returns the address of a proxy to server. The proxy cuts the
// connection when the server answers a statement: before the answer, or within
// it.
func loseAnswers(t *testing.T, server string, statement []byte, part bool) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			upstream, err := new(net.Dialer).DialContext(context.Background(), "tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			heard := make(chan struct{})
			go speak(client, upstream, statement, heard)
			go hear(client, upstream, heard, part)
		}
	}()
	return ln.Addr().String()
}

// speak forwards the client's messages, and closes heard before the statement.
func speak(client, upstream net.Conn, statement []byte, heard chan struct{}) {
	defer func() { _ = upstream.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if bytes.Contains(buffer[:n], statement) {
			close(heard)
		}
		if _, err := upstream.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// hear forwards the server's messages until heard is closed. Then it closes the
// client's connection instead of the next answer, or after three bytes of it.
func hear(client, upstream net.Conn, heard chan struct{}, part bool) {
	defer func() { _ = client.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := upstream.Read(buffer)
		if err != nil {
			return
		}
		select {
		case <-heard:
			if part {
				_, _ = client.Write(buffer[:min(n, 3)])
			}
			return
		default:
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}
