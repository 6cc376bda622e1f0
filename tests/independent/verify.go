// SPDX-License-Identifier: Apache-2.0

// A verifier that shares nothing with Bailiwick: Go's own packages for transparency logs read a ledger's tiles, checkpoints
// and receipts, as docs/formats/ledger.md describes them.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run verify.go FOLDER VKEY
//
// FOLDER holds `checkpoint` and `tile/`, earlier checkpoints in `earlier/`, receipts in `receipts/`. It prints what it
// checked as JSON, or the first thing that is wrong and ends with 1.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func must(what string, good bool) {
	if !good {
		check(what, fmt.Errorf("it is not so"))
	}
}

func hash(text string) (tlog.Hash, error) {
	var out tlog.Hash
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err == nil && len(raw) != len(out) {
		err = fmt.Errorf("a hash of %d bytes", len(raw))
	}
	copy(out[:], raw)
	return out, err
}

// A checkpoint that the key has signed.
func open(bytes []byte, key note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(bytes, note.VerifierList(key))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != key.Name() || lines[3] != "" {
		return tlog.Tree{}, fmt.Errorf("no checkpoint of %s", key.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := hash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// Tiles as files. Go's paths also say the height of a tile, which is always 8 here.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), "tile", strings.TrimPrefix(tile.Path(), "tile/8/")))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

// All entries, from their bundles.
func (f folder) entries(size int64) ([][]byte, error) {
	var out [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := size - n*256
		if width > 256 {
			width = 256
		}
		// Go writes the path of a tile of data as this format has it for bundles.
		path := strings.TrimPrefix(tlog.Tile{H: 8, L: -1, N: n, W: int(width)}.Path(), "tile/8/data")
		data, err := os.ReadFile(filepath.Join(string(f), "tile", "entries"+path))
		if err != nil {
			return nil, err
		}
		for len(data) >= 2 && len(data) >= 2+int(binary.BigEndian.Uint16(data)) {
			end := 2 + int(binary.BigEndian.Uint16(data))
			out = append(out, data[2:end])
			data = data[end:]
		}
		if len(data) != 0 {
			return nil, fmt.Errorf("bundle %s is cut off", path)
		}
	}
	if int64(len(out)) != size {
		return nil, fmt.Errorf("%d entries, not %d", len(out), size)
	}
	return out, nil
}

// The tree built anew from the entries alone.
func rebuild(entries [][]byte) tlog.Hash {
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, index := range indexes {
			out = append(out, stored[index])
		}
		return out, nil
	})
	for i, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(i), entry, read)
		check("building the tree", err)
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(int64(len(entries)), read)
	check("building the tree", err)
	return root
}

// A receipt: its leaf, number, proof and tree.
func receipt(data []byte, key note.Verifier) (leaf []byte, index int64, proof tlog.RecordProof, tree tlog.Tree, err error) {
	head, checkpoint, found := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return nil, 0, nil, tree, fmt.Errorf("no tlog-proof")
	}
	if tree, err = open(checkpoint, key); err != nil {
		return
	}
	if leaf, err = base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(lines[1], "extra ")); err != nil {
		return
	}
	if index, err = strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64); err != nil {
		return
	}
	for _, line := range lines[3:] {
		var one tlog.Hash
		if one, err = hash(line); err != nil {
			return
		}
		proof = append(proof, one)
	}
	return
}

func main() {
	files := folder(os.Args[1])
	key, err := note.NewVerifier(os.Args[2])
	check("key", err)
	data, err := os.ReadFile(filepath.Join(string(files), "checkpoint"))
	check("checkpoint", err)
	tree, err := open(data, key)
	check("checkpoint", err)

	entries, err := files.entries(tree.N)
	check("entries", err)
	must("root of the entries", rebuild(entries) == tree.Hash)

	// The reader checks every tile that it reads against the root.
	reader := tlog.TileHashReader(tree, files)
	for i, entry := range entries {
		proof, err := tlog.ProveRecord(tree.N, int64(i), reader)
		check(fmt.Sprintf("tiles for entry %d", i), err)
		check(fmt.Sprintf("entry %d", i), tlog.CheckRecord(proof, tree.N, tree.Hash, int64(i), tlog.RecordHash(entry)))
	}

	earlier, _ := filepath.Glob(filepath.Join(string(files), "earlier", "*"))
	for _, path := range earlier {
		data, err := os.ReadFile(path)
		check(path, err)
		old, err := open(data, key)
		check(path, err)
		proof, err := tlog.ProveTree(tree.N, old.N, reader)
		check(path, err)
		check(path, tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
	}

	receipts, _ := filepath.Glob(filepath.Join(string(files), "receipts", "*"))
	for _, path := range receipts {
		data, err := os.ReadFile(path)
		check(path, err)
		leaf, index, proof, of, err := receipt(data, key)
		check(path, err)
		check(path, tlog.CheckRecord(proof, of.N, of.Hash, index, tlog.RecordHash(leaf)))
		must(path+" has the leaf of the ledger", bytes.Equal(leaf, entries[index]))
	}
	check("report", json.NewEncoder(os.Stdout).Encode(map[string]int{
		"entries": len(entries), "earlier": len(earlier), "receipts": len(receipts)}))
}
