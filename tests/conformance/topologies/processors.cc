// Processor API. The first unit of the value is the command (u, v, w, x; anything else does nothing), so that every
// store operation is driven by the input. A null key or value is ignored by every processor unless said otherwise.
#include <algorithm>
#include <limits>

#include "state/stores.h"
#include "tests/conformance/topologies/dsl.h"
#include "topology/processor.h"

namespace leat::conformance {

namespace {

constexpr L kWall0 = 1'700'000'000'000;

/// A processor of strings over one store.
template <class Store>
class Command : public Processor<OS, OS, OS, S> {
 public:
  explicit Command(S name) : name_(std::move(name)) {}
  void init(Context& context) override { store_ = context.template store<Store>(name_); }
  void process(const Record<OS, OS>& r) override {
    if (!r.key || !r.value || r.value->empty()) return;
    const OS out = run(utf16(*r.value)[0], *r.key, *r.value, r.timestamp);
    if (out) this->forward(Record<OS, S>{r.key, *out, r.timestamp, r.headers});
  }

 protected:
  /// Returns what to forward, or null.
  virtual OS run(char16_t c, const S& k, const S& v, L ts) = 0;
  Store* store_ = nullptr;

 private:
  S name_;
};

using KV = KeyValueStore<S, S>;
using WS = WindowStore<S, S>;

S list(KeyValueIterator<S, S> rows) {
  S text;
  int n = 0;
  for (const auto& [key, value] : rows) {
    if (n++ < 6) text += key + "=" + value + ";";
  }
  return std::to_string(n) + ":" + text;
}

struct KeyValueCommands : Command<KV> {
  using Command::Command;
  OS run(char16_t c, const S& k, const S& v, L) override {
    switch (c) {
      case 'u': store_->put(k, v); return std::nullopt;
      case 'v': return "absent " + s(store_->put_if_absent(k, v));
      case 'w':
        if (length(v) % 2 == 0) return "deleted " + s(store_->erase(k));
        return "prefix " + list(store_->prefix_scan(k.empty() ? S("a") : s(first(k))));
      case 'x':
        switch (length(v) % 4) {
          case 0: return "range " + list(store_->range("aa", k));
          case 1: return "reverse " + list(store_->reverse_range(std::nullopt, k));
          case 2: return "all " + list(store_->all());
          default:
            store_->put(k, v);
            store_->put("ab", v);
            store_->put("zz", "~" + v);
            return "get " + s(store_->get("k1"));
        }
      default: return std::nullopt;
    }
  }
};

S rows(KeyValueIterator<Timestamp, S> windows) {
  S text;
  int n = 0;
  for (const auto& [start, value] : windows) {
    if (n++ < 5) text += s(start.ms()) + "=" + value + ";";
  }
  return std::to_string(n) + ":" + text;
}

S count(KeyValueIterator<Windowed<S>, S> windows) {
  int n = 0;
  for ([[maybe_unused]] const auto& row : windows) ++n;
  return std::to_string(n);
}

struct WindowCommands : Command<WS> {
  using Command::Command;
  OS run(char16_t c, const S& k, const S& v, L ts) override {
    const auto before = [&](L ms) { return Timestamp(std::max<L>(0, ts - ms)); };
    switch (c) {
      case 'u': store_->put(k, v, ts); return std::nullopt;
      case 'v':
        store_->put(k, length(v) % 3 == 0 ? OS() : OS(v), before(1'000));
        return "one " + s(store_->fetch(k, ts));
      case 'w': return "back " + rows(store_->backward_fetch(k, before(10'000), ts + 2'000));
      case 'x':
        if (length(v) % 2 == 0) return "fetch " + rows(store_->fetch(k, before(10'000), ts));
        return "keys " + count(store_->fetch_range("a", "k1", before(20'000), ts)) + " all " +
               count(store_->fetch_all(0, ts));
      default: return std::nullopt;
    }
  }
};

struct SessionCommands : Command<SessionStore<S, S>> {
  using Command::Command;
  OS run(char16_t c, const S& k, const S& v, L ts) override {
    switch (c) {
      case 'u': store_->put({k, {std::max<L>(0, ts - 2'000), ts}}, v); return std::nullopt;
      case 'v':
        store_->put({k, {ts, ts}}, length(v) % 3 == 0 ? OS() : OS(v));
        return "one " + s(store_->fetch_session(k, ts, ts));
      case 'w': return "find " + sessions(store_->find_sessions(k, ts - 4'000, ts + 1'000), length(v) % 2 == 0);
      case 'x':
        return "fetch " +
               sessions(length(v) % 2 == 0 ? store_->fetch(k) : store_->backward_find_sessions(k, 0, ts), false);
      default: return std::nullopt;
    }
  }
  S sessions(KeyValueIterator<Windowed<S>, S> rows, bool remove_first) {
    S text;
    int n = 0;
    std::optional<Windowed<S>> first;
    for (const auto& [key, value] : rows) {
      if (!first) first = key;
      if (n++ < 5) text += s(key.window.start) + "-" + s(key.window.end) + "=" + value + ";";
    }
    if (remove_first && first) store_->remove(*first);
    return std::to_string(n) + ":" + text;
  }
};

Record<OS, S> tick(const S& key, const S& value, L at) { return {key, value, at, {}}; }

struct StreamTimePunctuation : Processor<OS, OS, OS, S> {
  void init(Context& c) override {
    store_ = c.store<KeyValueStore<S, L>>("s");
    c.schedule(5s, PunctuationType::kStreamTime, [this, &c](Timestamp ts) {
      forward(tick("tick",
                   s(ts.ms()) + "/" + s(c.current_stream_time().ms()) + "/" + (c.record_metadata() ? "true" : "false"),
                   ts));
      for (const auto& [key, value] : store_->all()) {
        forward(tick(key, s(value), ts));
        store_->erase(key);
      }
    });
  }
  void process(const Record<OS, OS>& r) override {
    if (r.key) store_->put(*r.key, store_->get(*r.key).value_or(0) + 1);
  }

 private:
  KeyValueStore<S, L>* store_ = nullptr;
};

struct WallClockPunctuation : Processor<OS, OS, OS, S> {
  void init(Context& c) override { every(c, 1s); }
  void process(const Record<OS, OS>& r) override {
    forward(Record<OS, S>{r.key, s(context().current_system_time().ms()), r.timestamp, r.headers});
  }

 private:
  void every(Context& c, std::chrono::milliseconds interval) {
    timer_ = c.schedule(interval, PunctuationType::kWallClockTime, [this, &c](Timestamp ts) {
      const L stream_time = c.current_stream_time();
      forward(tick("tick" + s(++fired_), s(ts.ms()) + "/" + s(c.current_system_time().ms()) + "/" + s(stream_time),
                   std::max<L>(0, stream_time)));
      if (fired_ != 3) return;
      timer_.cancel();
      every(c, 700ms);
    });
  }
  Cancellable timer_;
  L fired_ = 0;
};

struct AnchoredPunctuation : Processor<OS, OS, S, S> {
  void init(Context& c) override {
    const auto say = [this](const S& key, bool stream_time) {
      return [this, key, stream_time](Timestamp ts) {
        forward(Record<S, S>{key, s(ts.ms()), stream_time ? ts : Timestamp(0), {}});
      };
    };
    c.schedule(Timestamp(2'500), 4s, PunctuationType::kStreamTime, say("s4", true));
    c.schedule(3s, PunctuationType::kStreamTime, say("s3", true));
    c.schedule(Timestamp(kWall0 - 300), 1s, PunctuationType::kWallClockTime, say("w", false));
    c.schedule(Timestamp(kWall0 + 5'000), 1500ms, PunctuationType::kWallClockTime, say("f", false));
  }
  void process(const Record<OS, OS>&) override {}
};

struct ForwardToChild : Processor<OS, OS, OS, OS> {
  void process(const Record<OS, OS>& r) override {
    if (!r.value) {
      forward(r.with_value(OS("null")), "left");
    } else if (starts(r.value, "u")) {
      forward(r.with_timestamp(r.timestamp + 5ms), "right");
    } else {
      forward(r);
    }
  }
};
struct Left : Processor<OS, OS, OS, OS> {
  void process(const Record<OS, OS>& r) override {
    r.headers.add("left", Bytes("\x07", 1));
    forward(r);
  }
};
struct Right : Processor<OS, OS, OS, OS> {
  void process(const Record<OS, OS>& r) override { forward(r.with_value(OS(heads(r.headers)))); }
};

struct SharedReader : Command<KV> {
  SharedReader() : Command("shared") {}
  void init(Context& c) override {
    Command::init(c);
    table_ = c.store<TimestampedKeyValueStore<S, S>>("tab");
  }
  OS run(char16_t, const S& k, const S&, L) override {
    const auto* row = table_->find(k);
    return s(store_->get(k)) + "/" + (row ? row->value + "@" + s(row->timestamp.ms()) : "~");
  }

 private:
  TimestampedKeyValueStore<S, S>* table_ = nullptr;
};

struct KeepWithTime : Processor<OS, OS> {
  void init(Context& c) override { store_ = c.store<KV>("gs"); }
  void process(const Record<OS, OS>& r) override {
    if (!r.key) return;
    if (r.value) {
      store_->put(*r.key, *r.value + "@" + s(r.timestamp.ms()));
    } else {
      store_->erase(*r.key);
    }
  }

 private:
  KV* store_ = nullptr;
};

struct GlobalReader : Command<KV> {
  GlobalReader() : Command("gs") {}
  OS run(char16_t c, const S& k, const S& v, L) override {
    return c == 'x' ? list(store_->all()) : v + "/" + s(store_->get(k));
  }
};

struct KeepReadOnly : Processor<OS, OS> {
  void init(Context& c) override { store_ = c.store<KV>("ro"); }
  void process(const Record<OS, OS>& r) override {
    if (r.key) store_->put(*r.key, r.value);
  }

 private:
  KV* store_ = nullptr;
};

struct ReadOnlyReader : Command<KV> {
  ReadOnlyReader() : Command("ro") {}
  OS run(char16_t, const S& k, const S& v, L) override { return v + "/" + s(store_->get(k)); }
};

struct KeepHeaders : Processor<OS, OS, OS, S> {
  void init(Context& c) override { store_ = c.store<KeyValueStore<S, ValueTimestampHeaders<S>>>("s"); }
  void process(const Record<OS, OS>& r) override {
    if (!r.key) return;
    const auto* old = store_->find(*r.key);
    forward(Record<OS, S>{r.key, old ? old->value + "@" + s(old->timestamp.ms()) + heads(old->headers) : S("~"),
                          r.timestamp, r.headers});
    if (r.value) {
      store_->put(*r.key, {*r.value, r.timestamp, r.headers});
    } else {
      store_->erase(*r.key);
    }
  }

 private:
  KeyValueStore<S, ValueTimestampHeaders<S>>* store_ = nullptr;
};

struct SessionHeaders : Processor<OS, OS, OS, S> {
  void init(Context& c) override { store_ = c.store<SessionStore<S, AggregationWithHeaders<S>>>("s"); }
  void process(const Record<OS, OS>& r) override {
    if (!r.key || !r.value) return;
    const L time = r.timestamp.ms();
    L n = 0;
    S h;
    for (const auto& row : store_->find_sessions(*r.key, time - 4'000, time)) {
      ++n;
      h = heads(row.value.headers);
    }
    forward(Record<OS, S>{r.key, s(n) + h, r.timestamp, r.headers});
    store_->put({*r.key, {std::max<L>(0, time - 1'000), time}}, {*r.value, r.headers});
  }

 private:
  SessionStore<S, AggregationWithHeaders<S>>* store_ = nullptr;
};

struct VersionedCommands : Command<VersionedKeyValueStore<S, S>> {
  using Command::Command;
  OS run(char16_t c, const S& k, const S& v, L ts) override {
    switch (c) {
      case 'u': return "put " + code(store_->put(k, v, ts));
      case 'v': return "tomb " + code(store_->put(k, OS(), ts));
      case 'w': {
        const auto before = store_->erase(k, ts);
        return "del " + (before ? before->value + "@" + s(before->timestamp.ms()) : S("~"));
      }
      default: {
        const auto now = store_->get(k), then = store_->get(k, std::max<L>(0, ts - 3'000));
        return "get " + (now ? now->value + "@" + s(now->timestamp.ms()) : S("~")) + " asof " +
               // Kafka's read as of a time does not say until when the version was valid.
               (then ? then->value + "@" + s(then->timestamp.ms()) + "--1" : S("~"));
      }
    }
  }

 private:
  /// What Java's put() returns.
  static S code(const VersionedPut& put) {
    if (!put.stored) return s(std::numeric_limits<L>::min());
    return s(put.valid_to ? put.valid_to->ms() : -1);
  }
};

struct TimeToLive : Processor<OS, OS, OS, OS> {
  void init(Context& c) override {
    store_ = c.store<TimestampedKeyValueStore<S, S>>("s");
    c.schedule(7s, PunctuationType::kStreamTime, [this](Timestamp now) {
      for (const auto& [key, row] : store_->all()) {
        if (row.timestamp.ms() >= now - 20'000) continue;
        store_->erase(key);
        forward(Record<OS, OS>{key, std::nullopt, now, {}});
      }
    });
  }
  void process(const Record<OS, OS>& r) override {
    if (!r.key) return;
    if (r.value) {
      store_->put(*r.key, ValueAndTimestamp<S>{*r.value, r.timestamp});
    } else {
      store_->erase(*r.key);
    }
    forward(r);
    context().commit();
  }

 private:
  TimestampedKeyValueStore<S, S>* store_ = nullptr;
};

struct KeyByFirst : Processor<OS, OS, OS, S> {
  void process(const Record<OS, OS>& r) override {
    if (r.value) forward(Record<OS, S>{first(r.value), *r.value, r.timestamp, r.headers});
  }
};

template <class P>
void simple(Topology& t, StoreBuilderPtr store, P make) {
  t.add_source<S, S>("in", "a").add_processor("p", make, "in").add_state_store(store, "p").add_sink("out", "o", "p");
}

template <class P>
auto make(const S& store) {
  return [store] { return std::make_unique<P>(store); };
}
template <class P>
auto make() {
  return [] { return std::make_unique<P>(); };
}

Partitions choose(std::string_view, const S*, const S* v, std::int32_t) {
  if (!v) return std::nullopt;
  if (starts(*v, "u")) return std::vector<std::int32_t>{};
  if (starts(*v, "v")) return std::vector<std::int32_t>{0, 1, 2};
  return std::vector<std::int32_t>{static_cast<std::int32_t>(length(*v) % 3)};
}

}  // namespace

void add_processors(TopologyRegistry& r) {
  r.papi("P01_kv_store",
         [](Topology& t) { simple(t, Stores::persistent_key_value<S, S>("s"), make<KeyValueCommands>("s")); });
  r.papi("P02_kv_store_memory_cached", [](Topology& t) {
    StoreBuilderPtr store = Stores::in_memory_key_value<S, S>("s");
    store->description().caching = true;
    simple(t, store, make<KeyValueCommands>("s"));
  });
  r.papi("P03_window_store",
         [](Topology& t) { simple(t, Stores::persistent_window<S, S>("s", 30s, 5s), make<WindowCommands>("s")); });
  r.papi("P04_window_store_memory",
         [](Topology& t) { simple(t, Stores::in_memory_window<S, S>("s", 30s, 5s), make<WindowCommands>("s")); });
  r.papi("P05_window_store_duplicates", [](Topology& t) {
    simple(t, Stores::persistent_window<S, S>("s", 120s, 5s, true), make<WindowCommands>("s"));
  });
  r.papi("P06_session_store",
         [](Topology& t) { simple(t, Stores::persistent_session<S, S>("s", 60s), make<SessionCommands>("s")); });
  r.papi("P07_session_store_memory",
         [](Topology& t) { simple(t, Stores::in_memory_session<S, S>("s", 60s), make<SessionCommands>("s")); });
  r.papi("P08_versioned_store", [](Topology& t) {
    simple(t, Stores::persistent_versioned_key_value<S, S>("s", 30s), make<VersionedCommands>("s"));
  });
  r.papi("P09_stream_time_punctuation",
         [](Topology& t) { simple(t, Stores::persistent_key_value<S, L>("s"), make<StreamTimePunctuation>()); });
  r.papi("P10_wall_clock_punctuation", [](Topology& t) {
    t.add_source<S, S>("in", "a").add_processor<WallClockPunctuation>("p", "in").add_sink("out", "o", "p");
  });
  r.papi("P11_anchored_punctuation", [](Topology& t) {
    t.add_source<S, S>("in", "a").add_processor<AnchoredPunctuation>("p", "in").add_sink("out", "o", "p");
  });
  r.papi("P12_forward_to_child", [](Topology& t) {
    t.add_source<S, S>("in", "a").add_processor<ForwardToChild>("p", "in");
    t.add_processor<Left>("left", "p").add_processor<Right>("right", "p");
    t.add_sink("sx", "x", "left").add_sink("sy", "y", "right");
  });
  r.dsl("P13_shared_store", [](StreamsBuilder& b) {
    b.add_state_store(Stores::persistent_key_value<S, S>("shared"));
    b.table<S, S>("t", as("tab"));
    str(b, "a").process(make<KeyValueCommands>("shared"), {}, {"shared"}).to("o");
    str(b, "b").process(make<SharedReader>(), {}, {"shared", "tab"}).to("q");
  });
  r.dsl("P14_global_store", [](StreamsBuilder& b) {
    b.add_global_store<S, S>(Stores::persistent_key_value<S, S>("gs"), "g", {}, make<KeepWithTime>());
    str(b, "a").process(make<GlobalReader>()).to("o");
  });
  r.papi("P15_read_only_store", [](Topology& t) {
    t.add_read_only_state_store<S, S>(Stores::persistent_key_value<S, S>("ro"), "gin", "g", "upd",
                                      make<KeepReadOnly>());
    t.add_source<S, S>("in", "a").add_processor("p", make<ReadOnlyReader>(), "in");
    t.connect_processor_and_state_stores("p", "ro").add_sink("out", "o", "p");
  });
  r.papi("P16_headers_store", [](Topology& t) {
    simple(t, Stores::persistent_timestamped_key_value_with_headers<S, S>("s"), make<KeepHeaders>());
  });
  r.papi("P17_session_headers_store", [](Topology& t) {
    simple(t, Stores::persistent_session_with_headers<S, S>("s", 60s), make<SessionHeaders>());
  });
  r.papi("P18_punctuate_ttl",
         [](Topology& t) { simple(t, Stores::persistent_timestamped_key_value<S, S>("s"), make<TimeToLive>()); });
  r.papi("P19_sub_topologies", [](Topology& t) {
    t.add_source<S, S>("sa", "a").add_processor<KeyByFirst>("pa", "sa").add_sink("km", "mid", "pa");
    t.add_source<S, S>("sm", "mid").add_processor("pm", make<KeyValueCommands>("sm-store"), "sm");
    t.add_state_store(Stores::in_memory_key_value<S, S>("sm-store"), "pm");
    StoreBuilderPtr unlogged = Stores::persistent_key_value<S, S>("sc-store");
    unlogged->description().logging = false;
    t.add_source<S, S>("sc", "c").add_processor("pc", make<KeyValueCommands>("sc-store"), "sc");
    t.add_state_store(unlogged, "pc");
    t.add_sink("ko", "o", "pm").add_sink("ko2", "o", "pc");
  });
  r.papi("P20_partitioners", [](Topology& t) {
    t.add_source<S, S>("in", "a").add_sink("out", "o", "in", Produced{}.with_partitioner<S, S>(choose));
    t.add_sink("d", "d", "in");
  });
}

}  // namespace leat::conformance
