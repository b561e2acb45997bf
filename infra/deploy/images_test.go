package main

import (
	"encoding/json"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-cmp/cmp"
)

// inECR is a release with images in ECR.
func inECR(name string) Release {
	r := release(name)
	for program, image := range map[string]**string{"api": &r.Images.API, "worker": &r.Images.Worker} {
		*image = aws.String("123456789012.dkr.ecr.us-east-1.amazonaws.com/fualab/" + program + "@sha256:" + strings.Repeat("a", 64))
	}
	return r
}

// TestKeepTagsEachImage: with the manifest that ECR has, in its own repository.
func TestKeepTagsEachImage(t *testing.T) {
	t.Parallel()
	var put []string
	m := &memory{
		batchGetImage: func(in *ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error) {
			if !slices.Contains(in.AcceptedMediaTypes, "application/vnd.oci.image.index.v1+json") {
				t.Errorf("ECR may convert the index: accepted are %q", in.AcceptedMediaTypes)
			}
			manifest := aws.ToString(in.RegistryId) + "/" + aws.ToString(in.RepositoryName) + "@" + aws.ToString(in.ImageIds[0].ImageDigest)
			return &ecr.BatchGetImageOutput{Images: []ecrtypes.Image{{ImageManifest: aws.String(manifest), ImageManifestMediaType: aws.String("index")}}}, nil
		},
		putImage: func(in *ecr.PutImageInput) (*ecr.PutImageOutput, error) {
			put = append(put, strings.Join([]string{aws.ToString(in.ImageManifest), aws.ToString(in.ImageManifestMediaType), aws.ToString(in.ImageTag)}, " "))
			if len(put) == 2 {
				return nil, &ecrtypes.ImageAlreadyExistsException{}
			}
			return &ecr.PutImageOutput{}, nil
		},
	}
	if err := m.account().Keep(t.Context(), current, inECR("new")); err != nil {
		t.Fatal(err)
	}
	digest := "@sha256:" + strings.Repeat("a", 64)
	want := []string{"123456789012/fualab/api" + digest + " index env-dev-current", "123456789012/fualab/worker" + digest + " index env-dev-current"}
	if diff := cmp.Diff(want, put); diff != "" {
		t.Errorf("(-wanted +put):\n%s", diff)
	}
}

func TestKeepFails(t *testing.T) {
	t.Parallel()
	there := answering[ecr.BatchGetImageInput](&ecr.BatchGetImageOutput{Images: []ecrtypes.Image{{ImageManifest: aws.String("{}")}}})
	for name, tt := range map[string]struct {
		memory memory
		says   string
	}{
		"no answer": {memory{}, "AWS is down"},
		"expired": {memory{batchGetImage: answering[ecr.BatchGetImageInput](&ecr.BatchGetImageOutput{
			Failures: []ecrtypes.ImageFailure{{FailureReason: aws.String("Requested image not found")}},
		})}, "it is not in its repository: Requested image not found"},
		"no reason": {memory{batchGetImage: answering[ecr.BatchGetImageInput](&ecr.BatchGetImageOutput{})}, "ECR gives no reason"},
		"no tag":    {memory{batchGetImage: there}, "AWS is down"},
		"an immutable tag": {memory{batchGetImage: there, putImage: func(*ecr.PutImageInput) (*ecr.PutImageOutput, error) {
			return nil, &ecrtypes.ImageTagAlreadyExistsException{}
		}}, "does not let env-dev-previous move: apply the stack"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantError(t, tt.memory.account().Keep(t.Context(), previous, inECR("old")), tt.says)
		})
	}
	// Another registry's policy is its own, and no release has no image.
	if err := (&memory{}).account().Keep(t.Context(), current, release("new")); err != nil {
		t.Error(err)
	}
	if err := (&memory{}).account().Keep(t.Context(), current, Release{}); err != nil {
		t.Error(err)
	}
}

// lifecycle is a policy of ECR.
type lifecycle struct {
	Rules []lifecycleRule `json:"rules"`
}

type lifecycleRule struct {
	Priority  int `json:"rulePriority"`
	Selection struct {
		Status   string   `json:"tagStatus"`
		Patterns []string `json:"tagPatternList"`
		Type     string   `json:"countType"`
		Number   int      `json:"countNumber"`
	} `json:"selection"`
}

func readLifecycle(t *testing.T, keep string) lifecycle {
	t.Helper()
	text, err := os.ReadFile("../images.json.tftpl")
	if err != nil {
		t.Fatal(err)
	}
	var l lifecycle
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), "${keep}", keep)), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// expired returns the images, by their number, that a policy expires. images
// are the tags of each image, the newest first. It follows
// docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html: all
// patterns of a rule must match; a rule counts every image that matches it; an
// image that matches the tags of a rule is expired by no rule of a lower
// priority, which has the higher number.
func (l lifecycle) expired(images [][]string) (gone []int) {
	decided := make(map[int]bool)
	rules := slices.Clone(l.Rules)
	slices.SortFunc(rules, func(a, b lifecycleRule) int { return a.Priority - b.Priority })
	for _, rule := range rules {
		count := 0
		for i, tags := range images {
			if !rule.matches(tags) {
				continue
			}
			count++
			if !decided[i] && rule.Selection.Type == "imageCountMoreThan" && count > rule.Selection.Number {
				gone = append(gone, i)
			}
			decided[i] = true
		}
	}
	return gone
}

func (r lifecycleRule) matches(tags []string) bool {
	if (r.Selection.Status == "tagged") != (len(tags) > 0) {
		return false
	}
	for _, pattern := range r.Selection.Patterns {
		if !slices.ContainsFunc(tags, func(tag string) bool {
			ok, err := path.Match(pattern, tag)
			return ok && err == nil
		}) {
			return false
		}
	}
	return true
}

// TestLifecycleKeepsWhatRuns: of a repository with more builds than are kept,
// only builds without another purpose expire.
func TestLifecycleKeepsWhatRuns(t *testing.T) {
	t.Parallel()
	images := [][]string{
		{"main-9", "sources-9", "env-dev-current"},
		{},                      // a signature of the image before it
		{"main-8", "sources-8"}, // the second of two that stay
		{"main-7"},
		{"main-6", "v0.2.0"},
		{"main-5", "env-prod-current"},
		{"main-4", "sources-4"},
		{"main-3", "env-prod-previous", "v0.1.0"},
		{"v0.0.1"},
	}
	if diff := cmp.Diff([]int{3, 6}, readLifecycle(t, "2").expired(images)); diff != "" {
		t.Errorf("expired images (-wanted +found):\n%s", diff)
	}
}

// TestStacksHaveThisLifecycle: both roots that make repositories.
func TestStacksHaveThisLifecycle(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"../terraform-ecs/ecr.tf", "../terraform-lite/main.tf"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), `templatefile("${path.module}/../images.json.tftpl"`) {
			t.Errorf("%s has a policy of its own", file)
		}
	}
}
