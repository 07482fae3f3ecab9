#include "train/processes/bounded_store.h"

namespace carousel {

template <class Run> auto BoundedStore::ask(Run run, std::chrono::milliseconds waits) {
  if (is_lost_) C10_THROW_ERROR(DistStoreError, "the store of the training did not answer");
  auto answer = begin_alone([run = std::move(run), store = store_] { return run(*store); });
  is_lost_ = answer.wait_for(waits + answer_time) != std::future_status::ready;
  return within({}, std::move(answer));
}

void BoundedStore::setTimeout(const std::chrono::milliseconds& timeout) {
  Store::setTimeout(timeout);
  store_->setTimeout(timeout);
}

void BoundedStore::set(const std::string& key, const Bytes& value) {
  ask([=](Store& store) { store.set(key, value); });
}

BoundedStore::Bytes BoundedStore::compareSet(const std::string& key, const Bytes& expected,
                                             const Bytes& wanted) {
  return ask([=](Store& store) { return store.compareSet(key, expected, wanted); });
}

BoundedStore::Bytes BoundedStore::get(const std::string& key) {
  return ask([=](Store& store) { return store.get(key); }, getTimeout());
}

std::int64_t BoundedStore::add(const std::string& key, std::int64_t value) {
  return ask([=](Store& store) { return store.add(key, value); });
}

bool BoundedStore::deleteKey(const std::string& key) {
  return ask([=](Store& store) { return store.deleteKey(key); });
}

bool BoundedStore::check(const Keys& keys) {
  return ask([=](Store& store) { return store.check(keys); });
}

std::int64_t BoundedStore::getNumKeys() {
  return ask([](Store& store) { return store.getNumKeys(); });
}

void BoundedStore::wait(const Keys& keys, const std::chrono::milliseconds& timeout) {
  ask([keys, limit = timeout](Store& store) { store.wait(keys, limit); }, timeout);
}

void BoundedStore::append(const std::string& key, const Bytes& value) {
  ask([=](Store& store) { store.append(key, value); });
}

std::vector<BoundedStore::Bytes> BoundedStore::multiGet(const Keys& keys) {
  return ask([=](Store& store) { return store.multiGet(keys); }, getTimeout());
}

void BoundedStore::multiSet(const Keys& keys, const std::vector<Bytes>& values) {
  ask([=](Store& store) { store.multiSet(keys, values); });
}

}  // namespace carousel
