// The application that Kafka's RelationalSmokeTest driver judges: articles with their numbers of comments, comments
// with the beginnings of their articles.
#include <chrono>
#include <string>

#include "tests/interop/twin_app.h"

namespace {

struct Article {
  std::int32_t key = 0;
  std::int64_t timestamp = 0;
  std::string text;
};
struct Comment {
  std::int32_t key = 0;
  std::int64_t timestamp = 0;
  std::string text;
  std::int32_t article_id = 0;
};
struct AugmentedArticle {
  Article article;
  std::int64_t comment_count = 0;
};
struct AugmentedComment {
  Comment comment;
  std::string article_prefix;
};

/// The drivers' format: big-endian numbers, texts behind their lengths.
class Writer {
 public:
  explicit Writer(leat::Bytes& out) : out_(out) {}
  template <class Number>
  Writer& number(Number value) {
    leat::Serde<Number>::serialize(value, out_);
    return *this;
  }
  Writer& text(const std::string& value) {
    number(static_cast<std::int32_t>(value.size()));
    out_.append(value);
    return *this;
  }

 private:
  leat::Bytes& out_;
};

class Reader {
 public:
  explicit Reader(leat::BytesView in) : in_(in) {}
  template <class Number>
  Reader& number(Number& value) {
    const auto read = leat::Serde<Number>::deserialize(take(sizeof(Number)));
    if (read.ok()) value = *read;
    return *this;
  }
  Reader& text(std::string& value) {
    std::int32_t size = 0;
    number(size);
    value = take(static_cast<std::size_t>(std::max(size, 0)));
    return *this;
  }
  template <class T>
  leat::Result<T> done(T value) const {
    if (whole_ && in_.empty()) return value;
    return leat::Error{leat::ErrorKind::kCorrupt, "an article or comment has the wrong size"};
  }

 private:
  leat::BytesView take(std::size_t size) {
    if (in_.size() < size) {
      whole_ = false;
      return {};
    }
    const leat::BytesView taken = in_.substr(0, size);
    in_.remove_prefix(size);
    return taken;
  }

  leat::BytesView in_;
  bool whole_ = true;
};

}  // namespace

namespace leat {

template <>
struct Serde<Article> {
  static void serialize(const Article& article, Bytes& out) {
    Writer(out).number(article.key).number(article.timestamp).text(article.text);
  }
  static Result<Article> deserialize(BytesView bytes) {
    Article article;
    return Reader(bytes).number(article.key).number(article.timestamp).text(article.text).done(article);
  }
};

template <>
struct Serde<Comment> {
  static void serialize(const Comment& comment, Bytes& out) {
    Writer(out).number(comment.key).number(comment.timestamp).text(comment.text).number(comment.article_id);
  }
  static Result<Comment> deserialize(BytesView bytes) {
    Comment comment;
    return Reader(bytes)
        .number(comment.key)
        .number(comment.timestamp)
        .text(comment.text)
        .number(comment.article_id)
        .done(comment);
  }
};

template <>
struct Serde<AugmentedArticle> {
  static void serialize(const AugmentedArticle& value, Bytes& out) {
    Serde<Article>::serialize(value.article, out);
    Writer(out).number(value.comment_count);
  }
  static Result<AugmentedArticle> deserialize(BytesView bytes) {
    AugmentedArticle value;
    return Reader(bytes)
        .number(value.article.key)
        .number(value.article.timestamp)
        .text(value.article.text)
        .number(value.comment_count)
        .done(value);
  }
};

template <>
struct Serde<AugmentedComment> {
  static void serialize(const AugmentedComment& value, Bytes& out) {
    Serde<Comment>::serialize(value.comment, out);
    Writer(out).text(value.article_prefix);
  }
  static Result<AugmentedComment> deserialize(BytesView bytes) {
    AugmentedComment value;
    return Reader(bytes)
        .number(value.comment.key)
        .number(value.comment.timestamp)
        .text(value.comment.text)
        .number(value.comment.article_id)
        .text(value.article_prefix)
        .done(value);
  }
};

}  // namespace leat

namespace {

constexpr std::size_t kPrefix = 10;

leat::Topology topology() {
  leat::StreamsBuilder builder;
  auto articles = builder.table<std::int32_t, Article>("in-article");
  auto comments = builder.table<std::int32_t, Comment>("in-comment");
  auto counts = comments
                    .group_by([](std::int32_t, const Comment& comment) {
                      return leat::KeyValue{comment.article_id, std::int16_t{1}};
                    })
                    .count();
  articles
      .left_join(
          counts,
          [](const Article& article, const std::optional<std::int64_t>& count) {
            return AugmentedArticle{article, count.value_or(0)};
          },
          leat::Materialized{})
      .to_stream()
      .to("out-augmented-article");
  comments
      .join(
          articles, [](const Comment& comment) { return comment.article_id; },
          [](const Comment& comment, const Article& article) {
            return AugmentedComment{comment, article.text.substr(0, kPrefix)};
          },
          leat::Materialized{})
      .to_stream()
      .to("out-augmented-comment");
  return builder.build();
}

}  // namespace

int main(int argc, char** argv) {
  leat::StreamsConfig config = leat::interop::config_from_arguments(argc, argv);
  config.commit_interval_ms = std::chrono::seconds(1);
  config.session_timeout_ms = std::chrono::seconds(6);
  config.heartbeat_interval_ms = std::chrono::seconds(1);
  return leat::interop::run_until_terminated(topology(), std::move(config));
}
