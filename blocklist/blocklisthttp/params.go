package blocklisthttp

import (
	"bytes"
	"cmp"
	"mime/multipart"
	"net/url"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
)

// The parameters of POST and PATCH.
const (
	paramDomain   = "domain"
	paramApproval = "allow_with_approval"
	paramComment  = "comment"
	paramForce    = "force"
)

// params are the parameters of a request, of its body before those of its query.
// Of one that is repeated the last counts.
type params map[string]string

// boolean reads the words for true and false that Rails' forms use and people type;
// missing or empty is false. Rails takes every other word for true, "no" among
// them: here those are an error.
func (p params) boolean(name string) (bool, error) {
	switch strings.ToLower(cmp.Or(p[name], "false")) {
	case "true", "t", "1", "on", "yes", "y":
		return true, nil
	case "false", "f", "0", "off":
		return false, nil
	}
	return false, ban.NewValueError(name, p[name], ban.CodeUnknown, "give true or false")
}

// effect returns what a patch makes of a block. Unlike where one is made, an empty
// text says nothing.
func (p params) effect() (*ban.Effect, error) {
	if p[paramApproval] == "" {
		return nil, ban.NewValueError(paramApproval, "", ban.CodeEmpty, "give true or false")
	}
	approval, err := p.boolean(paramApproval)
	if approval {
		return new(ban.Review), err
	}
	return new(ban.Deny), err
}

// comment returns what moderators say of the block, without the blanks around it.
func (p params) comment() string { return strings.TrimSpace(p[paramComment]) }

// parseParams reads the parameters of a request that may have a body.
func parseParams(r *web.Request) (params, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, malformed(web.FieldQuery)
	}
	p := params{}
	p.add(query)
	media, options, err := r.MediaType()
	if err != nil {
		return nil, err
	}
	body, err := r.ReadBody()
	if err != nil {
		return nil, err
	}
	switch media {
	case "":
		if len(body) > 0 {
			return nil, web.ErrMediaType
		}
	case "application/x-www-form-urlencoded":
		err = p.addForm(body)
	case "multipart/form-data":
		err = p.addMultipart(body, options["boundary"])
	case "application/json":
		if len(body) > 0 { // where all is in the query, some clients name the type all the same
			err = p.addJSON(body)
		}
	default:
		return nil, web.ErrMediaType
	}
	return p, err
}

func malformed(field string) error {
	return ban.NewValueError(field, "", ban.CodeSyntax, "encode it as its type says")
}

func (p params) add(values url.Values) {
	for name, all := range values {
		if len(all) > 0 {
			p[name] = all[len(all)-1]
		}
	}
}

func (p params) addForm(body []byte) error {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return malformed(web.FieldBody)
	}
	p.add(values)
	return nil
}

// addMultipart adds the values of a form. Files are none.
//
// The reader of package mime/multipart takes a body that ends within the header of a
// part for one that is whole, without that part. What was lost may be what makes a
// block milder, so the line that ends a form must be there (RFC 2046, section 5.1.1).
func (p params) addMultipart(body []byte, boundary string) error {
	if !endsMultipart(body, boundary) {
		return malformed(web.FieldBody)
	}
	form, err := multipart.NewReader(bytes.NewReader(body), boundary).ReadForm(web.MaxBody)
	if err != nil {
		return malformed(web.FieldBody)
	}
	p.add(form.Value)
	return form.RemoveAll() // there are none: the whole body fits into the memory that it may take
}

// endsMultipart reports whether a body has the line that ends a form.
func endsMultipart(body []byte, boundary string) bool {
	end := []byte("--" + boundary + "--")
	return bytes.HasPrefix(body, end) || bytes.Contains(body, append([]byte("\n"), end...))
}

// addJSON adds the members of an object. What is null counts as missing.
func (p params) addJSON(body []byte) error {
	o, err := web.ParseObject(body)
	if err != nil {
		return err
	}
	for _, name := range []string{paramDomain, paramComment} {
		if o.Null(name) {
			continue
		}
		if text := o.String(name); text != nil {
			p[name] = *text
		}
	}
	for _, name := range []string{paramApproval, paramForce} {
		if text, ok := o.Scalar(name); ok {
			p[name] = text
		}
	}
	return o.Err()
}
