package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const isc = `Copyright (c) 2026, The Authors

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
`

const gpl = `This program is free software: you can redistribute it and/or modify it
under the terms of the GNU General Public License as published by the Free
Software Foundation, either version 3 of the License, or (at your option) any
later version.
`

// TestModules: the text of a module's files decides whether it may be shipped.
func TestModules(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		files map[string]string
		want  string // in the fault; empty: none
	}{
		"allowed":            {map[string]string{"LICENSE": isc}, ""},
		"spelt otherwise":    {map[string]string{"licence.txt": isc}, ""},
		"none":               {map[string]string{"README.md": isc, "license.go": "package x"}, "has no licence"},
		"copyleft":           {map[string]string{"COPYING": gpl}, "is under GPL-3.0-or-later, which is not allowed"},
		"one more, copyleft": {map[string]string{"LICENSE": isc, "LICENSE-codecs": gpl}, "is under GPL-3.0-or-later"},
		"in unknown words":   {map[string]string{"LICENSE": "Do as you like, but not on Sundays."}, "read it, and add its sum"},
		"with a condition":   {map[string]string{"LICENSE": isc + strings.Repeat("Not for use on the days that the authors name. ", 20)}, "read it, and add its sum"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, text := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			d, err := readModule(dir)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.fault(); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("%+v: %q, want %q", d, got, tt.want)
			}
		})
	}
}

// TestPackages: only shipped packages count, and every copy of them.
func TestPackages(t *testing.T) {
	t.Parallel()
	lock := filepath.Join(t.TempDir(), "package-lock.json")
	text := `{"packages": {
		"": {"version": "1.0.0", "license": "UNLICENSED"},
		"node_modules/a": {"version": "1.0.0", "license": "MIT"},
		"node_modules/a/node_modules/@b/c": {"version": "2.0.0", "license": "GPL-2.0-only"},
		"node_modules/none": {"version": "3.0.0"},
		"node_modules/linter": {"version": "4.0.0", "license": "GPL-2.0-only", "dev": true}
	}}`
	if err := os.WriteFile(lock, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := npmPackages(lock)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = report(&out, all, true)
	if err == nil || !strings.HasPrefix(err.Error(), "2 of 3 dependencies") {
		t.Errorf("reported %v", err)
	}
	for _, want := range []string{"npm a 1.0.0: MIT\n", "npm @b/c 2.0.0 is under GPL-2.0-only", "npm none 3.0.0 has no licence"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}
