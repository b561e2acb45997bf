package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os/exec"
	"path/filepath"

	"github.com/valyala/fasthttp"

	"github.com/fualab/fualab/shared/database"
)

const (
	peerPackage = "github.com/pocketbase/pocketbase/examples/base" // the released program of PocketBase
	peerVersion = "v0.39.0"
	// peerItems is the number of items in both databases while reads are measured.
	peerItems = 1000
)

// The goals for the API on SQLite, relative to PocketBase.
const (
	itemOfPeer  = 4
	listOfPeer  = 6
	writeOfPeer = 1.5
)

// benchPeer compares the API on SQLite with PocketBase. Both keep their files
// in WAL mode with synchronous=NORMAL and log each request, which are their
// defaults, and have the same items.
func benchPeer(ctx context.Context, b *apiBench) (err error) {
	peer, ids, err := b.startPeer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, peer.stop()) }()
	api, err := b.startAPI(ctx, database.SQLiteURL(filepath.Join(b.dir, "peer.db")).Reveal(), "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, api.stop()) }()
	for i := range peerItems {
		if _, err := create(ctx, api.url, fmt.Sprintf("Sample %d", i)); err != nil {
			return err
		}
	}
	getRecord := func(r *mathrand.Rand, url string, req *fasthttp.Request) {
		req.SetRequestURI(url + peerRecords + "/" + ids[r.IntN(len(ids))])
	}
	postRecord := func(r *mathrand.Rand, url string, req *fasthttp.Request) {
		post(req, url+peerRecords, appendItem(nil, r))
	}
	getRecords := getPath(peerRecords + "?perPage=50&skipTotal=true")
	for _, one := range []struct {
		name         string
		ours, theirs request
		want         float64 // 0: no goal
	}{
		{"GET an item, SQLite", getItem(peerItems), getRecord, itemOfPeer},
		{"GET an item, SQLite, no-cache", fresh(getItem(peerItems)), getRecord, 0},
		{"GET a list of 50, SQLite", getPath(listPath), getRecords, listOfPeer},
		{"GET a list of 50, SQLite, no-cache", fresh(getPath(listPath)), getRecords, 0},
		{"POST an item, SQLite", postItem, postRecord, writeOfPeer},
	} {
		ratio, err := b.compare(ctx, one.name, b.api(one.name, api, one.ours), b.client("PocketBase "+peerVersion, peer.url, one.theirs))
		if err != nil {
			return err
		}
		if one.want > 0 {
			b.figures.atLeast(one.want, ratio, "%s, of PocketBase", one.name)
		}
	}
	return nil
}

// startPeer starts PocketBase with a collection like items, which every client
// may read and write, and returns the ids of its records.
func (b *apiBench) startPeer(ctx context.Context) (_ *process, ids []string, err error) {
	binary, err := buildModule(ctx, peerPackage, peerVersion)
	if err != nil {
		return nil, nil, err
	}
	const user = "bench@localhost.localdomain"
	password, data := rand.Text(), "--dir="+filepath.Join(b.dir, "pocketbase")
	admin := exec.CommandContext(ctx, binary, "superuser", "upsert", user, password, data) //nolint:gosec // built by this program
	if out, err := admin.CombinedOutput(); err != nil {
		return nil, nil, fmt.Errorf("create PocketBase's superuser: %w\n%s", err, out)
	}
	peer, err := startProcess(ctx, "/api/health", func(addr string) *exec.Cmd {
		return exec.Command(binary, "serve", "--http="+addr, data, "--automigrate=false", "--hooksWatch=false") //nolint:gosec,noctx // built by this program; process.stop ends it
	})
	if err != nil {
		return nil, nil, err
	}
	if ids, err = peer.collect(ctx, user, password); err != nil {
		return nil, nil, errors.Join(err, peer.stop())
	}
	return peer, ids, nil
}
