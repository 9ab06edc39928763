package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"net/http"
	"path"

	"example.com/ostraka/internal/web"
)

//go:embed assets
var assetFiles embed.FS

// asset is a file that pages load. Its address has a part of its hash, so that
// browsers keep it for as long as it stays the same.
type asset struct {
	data  []byte
	media string
	tag   string
}

var assets = loadAssets()

func loadAssets() map[string]asset {
	files, err := assetFiles.ReadDir("assets")
	if err != nil {
		panic(err) // they are in the program
	}
	all := map[string]asset{}
	for _, f := range files {
		data, err := assetFiles.ReadFile(path.Join("assets", f.Name()))
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(data)
		all[f.Name()] = asset{data, mime.TypeByExtension(path.Ext(f.Name())), hex.EncodeToString(sum[:8])}
	}
	return all
}

// assetPath returns the address of a file, below the prefix.
func assetPath(name string) string { return "assets/" + name + "?v=" + assets[name].tag }

// serveAsset serves a file to everybody: it is the same for all, and the form to sign
// in wants it.
func (c *console) serveAsset(w http.ResponseWriter, r *http.Request) {
	a, ok := assets[r.PathValue("name")]
	if !ok {
		c.fail(&request{Request: r, console: c, writer: w}, web.ErrNoRoute)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.media)
	if r.URL.Query().Get("v") == a.tag {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	web.LimitWriting(w, r, 2*c.opts.Timeout)
	_, _ = w.Write(a.data)
}
