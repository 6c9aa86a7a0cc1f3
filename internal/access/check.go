// SPDX-License-Identifier: Apache-2.0

package access

// Check says what keeps an account from using a path for what it is needed.
// There is at most one finding that is sure: what comes first on the way. A
// path without findings is fine as far as owners, groups and modes go.
func Check(tree Tree, who Identity, p Path) []Finding {
	w := walker{tree: tree, who: who, seen: make(map[string]bool)}
	at, f := w.resolve(p.Path)
	if f == nil {
		f = w.use(at, p.Need)
	}
	if f != nil {
		if p.Default {
			f.Message += " (the default of this key)"
		}
		w.notes = append(w.notes, *f)
	}
	return w.notes
}

// use judges the end of a path.
func (w *walker) use(at place, need Need) *Finding {
	switch need {
	case ReadFile, WriteDir, ConnectPath:
		return w.existing(at, need)
	case WatchFile:
		return w.demand(mayRead|maySearch, at.dir, &at.dirInfo)
	}
	// The directory must take a new file: one that is replaced is one, too.
	if f := w.demand(mayWrite|maySearch, at.dir, &at.dirInfo); f != nil {
		return f
	}
	switch {
	case at.info == nil:
		return nil
	case need == BindPath && at.info.Kind != Socket:
		return wrong("%s is %s, not a socket", at.path, at.info.Kind)
	case need == BindPath:
		return nil // replaced, never written to
	case at.info.Kind == Directory:
		return wrong("%s is a directory, not a file", at.path)
	}
	return w.demand(mayWrite, at.path, at.info)
}

// existing judges what must be there already.
func (w *walker) existing(at place, need Need) *Finding {
	kind, want := Regular, uint32(mayRead)
	switch need {
	case WriteDir:
		kind, want = Directory, mayWrite|maySearch
	case ConnectPath:
		kind, want = Socket, mayWrite // unix(7)
	}
	switch {
	case at.info == nil:
		return missing(at.path)
	case at.info.Kind != kind:
		return wrong("%s is %s, not %s", at.path, at.info.Kind, kind)
	}
	return w.demand(want, at.path, at.info)
}
