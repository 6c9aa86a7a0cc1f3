// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"kresd-manager/api/wire"
	"kresd-manager/internal/config"
)

// explainPath is below that of the configuration, where no key may have its name; a
// test holds that.
const explainPath = configPath + "/explain"

// Bounds of a search.
const (
	maxSearch = 100 // characters
	maxFound  = 100 // keys
)

// explain tells what keys of the configuration mean: one by its pointer, or those that
// have a word in their pointer or documentation. It says nothing of what runs.
func (h *handlers) explain(w *response, r *http.Request) error {
	query, err := readQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	for name := range query {
		if name != "search" {
			return malformed("there is no parameter %s; the only one is search", printable(name))
		}
	}
	pointer := strings.TrimRight(r.URL.Path[len(explainPath):], "/")
	if !query.Has("search") {
		k, err := config.FindKey(pointer)
		if err != nil {
			return noSuchKey(err)
		}
		key := keyOf(k.KeyInfo)
		if k.Pointer == "" {
			key.Type, key.Doc = "object", "The whole configuration."
		}
		for _, below := range k.Below() {
			key.Keys = append(key.Keys, wire.KeyBelow{Pointer: below.Pointer, Type: below.Type.Name, Summary: below.Summary()})
		}
		return sendValue(w, r, wire.Keys{Keys: []wire.Key{key}})
	}
	word := query.Get("search")
	switch {
	case strings.TrimSpace(word) == "" || len(word) > maxSearch:
		return malformed("search has a word of at most %d bytes", maxSearch)
	case pointer != "":
		return malformed("a search covers all keys; ask for %s?search=%s", explainPath, url.QueryEscape(word))
	}
	found := wire.Keys{Keys: []wire.Key{}}
	word = strings.ToLower(word)
	for _, info := range config.Keys() {
		switch {
		case !strings.Contains(strings.ToLower(info.Pointer+"\n"+info.Doc), word):
		case len(found.Keys) == maxFound:
			found.More++
		default:
			found.Keys = append(found.Keys, keyOf(info))
		}
	}
	return sendValue(w, r, found)
}

// keyOf is what goes over the wire of a key.
func keyOf(k config.KeyInfo) wire.Key {
	return wire.Key{
		Pointer: k.Pointer, Type: k.Type.Name, Words: k.Type.Words, Default: json.RawMessage(k.Default), Derived: k.Derived,
		Required: k.Required, Doc: k.Doc, Effect: k.Effect(), Ours: k.Ours, Secret: k.Secret, Was: k.Was,
	}
}
