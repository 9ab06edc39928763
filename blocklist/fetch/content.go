package fetch

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"

	"example.com/ostraka/blocklist"
	"example.com/ostraka/internal/minisign"
)

// content is what a server sent, in a file of its own.
type content struct {
	file *os.File
	sum  string // SHA-256, in hexadecimal
	max  int64  // bytes
}

// spool reads what a server sends, which may be no longer than the limit, into a
// file that release removes.
func (f *Fetcher) spool(body io.Reader, limit int64) (*content, error) {
	file, err := os.CreateTemp(f.opts.Dir, "ostraka-list-*")
	if err != nil {
		return nil, failure(CodeStore, "there is no room for the content: %w", err)
	}
	c := &content{file: file, max: limit}
	if err := c.fill(body); err != nil {
		c.release()
		return nil, err
	}
	return c, nil
}

func (c *content) fill(body io.Reader) error {
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(c.file, hash), io.LimitReader(body, c.max+1))
	switch {
	case isPathError(err):
		return failure(CodeStore, "there is no room for the content: %w", err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return failure(CodeNetwork, "the content was cut off after %d bytes", n)
	case err != nil:
		return bodyError(err)
	case n > c.max:
		return failure(CodeTooLarge, "the content is longer than %d bytes", c.max)
	}
	c.sum = hex.EncodeToString(hash.Sum(nil))
	return nil
}

func isPathError(err error) bool {
	_, ok := errors.AsType[*os.PathError](err)
	return ok
}

// bodyError says in which way a body could not be read.
func bodyError(err error) error {
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || strings.HasPrefix(err.Error(), "flate: ") {
		return failure(CodeUnreadable, "the content is compressed, and damaged")
	}
	return networkError(err)
}

func (c *content) release() {
	c.file.Close()
	os.Remove(c.file.Name())
}

// raw returns the content from its beginning.
func (c *content) raw() (io.Reader, error) {
	if _, err := c.file.Seek(0, io.SeekStart); err != nil {
		return nil, failure(CodeStore, "the content cannot be read again: %w", err)
	}
	return bufio.NewReaderSize(c.file, 64<<10), nil
}

// lines returns the content from its beginning, unpacked if it is a gzip file.
func (c *content) lines() (io.Reader, error) {
	raw, err := c.raw()
	if err != nil {
		return nil, err
	}
	magic, err := raw.(*bufio.Reader).Peek(2)
	if err != nil || !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return raw, nil // what is too short is no gzip file either
	}
	unpacked, err := gzip.NewReader(raw)
	if err != nil {
		return nil, failure(CodeUnreadable, "the content is a gzip file, and damaged")
	}
	return &bounded{unpacked, c.max, c.max}, nil
}

// bounded is a gzip file that may not be longer than so many bytes.
type bounded struct {
	from        io.Reader
	left, limit int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, failure(CodeTooLarge, "the content is longer than %d bytes when it is unpacked", b.limit)
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.from.Read(p)
	b.left -= int64(n)
	if err != nil && err != io.EOF {
		err = failure(CodeUnreadable, "the content is a gzip file, and damaged")
	}
	return n, err
}

// verify checks the content by its checksum and its signature, as the subscription
// says.
func (f *Fetcher) verify(ctx context.Context, s *blocklist.Subscription, c *content) error {
	if s.ChecksumURL != "" {
		text, err := f.small(ctx, s, s.ChecksumURL, CodeChecksum)
		if err != nil {
			return err
		}
		if want, ok := checksumOf(string(text), s.URL); !ok {
			return failure(CodeChecksum, "the file of the checksum has none of %q", fileName(s.URL))
		} else if want != c.sum {
			return failure(CodeChecksum, "the content has another checksum than its file says")
		}
	}
	if s.PublicKey == "" {
		return nil
	}
	key, err := minisign.ParseKey(s.PublicKey)
	if err != nil {
		return &Error{CodeKey, err}
	}
	signature, err := f.small(ctx, s, s.SignatureURL, CodeSignature)
	if err != nil {
		return err
	}
	raw, err := c.raw()
	if err != nil {
		return err
	}
	if err := key.Verify(raw, signature); err != nil {
		return &Error{CodeSignature, err}
	}
	return nil
}

// maxSmall is how long the file of a checksum or signature may be.
const maxSmall = 64 << 10

// small fetches a file of few bytes. Where there is none the error has that code.
func (f *Fetcher) small(ctx context.Context, s *blocklist.Subscription, url, code string) ([]byte, error) {
	resp, err := f.get(ctx, s, url, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, failure(code, "the server answers %d where the file of it should be", resp.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxSmall+1))
	switch {
	case err != nil:
		return nil, bodyError(err)
	case len(text) > maxSmall:
		return nil, failure(code, "the file of it is longer than %d bytes", maxSmall)
	}
	return text, nil
}

// checksumOf finds the SHA-256 of what is at a URL in a text: the only word of it, or
// that in the line with the file's name.
func checksumOf(text, of string) (sum string, ok bool) {
	name, lines := fileName(of), strings.Split(strings.TrimSpace(text), "\n")
	for _, line := range lines {
		sum, file, named := strings.Cut(strings.TrimSpace(line), " ")
		file = strings.TrimPrefix(strings.TrimSpace(file), "*")
		if isSum(sum) && (file != "" && path.Base(file) == name || !named && len(lines) == 1) {
			return strings.ToLower(sum), true
		}
	}
	return "", false
}

func isSum(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == 2*sha256.Size
}

// fileName returns the last part of the path of a URL.
func fileName(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return path.Base(u.Path)
}

// parseOptions returns how the content of a subscription is read.
func parseOptions(s *blocklist.Subscription) (blocklist.ParseOptions, error) {
	o := blocklist.ParseOptions{Kind: s.Kind, Effect: s.Effect, Scope: s.Scope, Shadow: s.Shadow}
	if s.Format == "" {
		return o, nil
	}
	format, err := blocklist.ParseFormat(s.Format)
	if err != nil {
		return o, failure(CodeNoList, "the format of the subscription: %w", err)
	}
	o.Format = format
	return o, nil
}
