// The deleter of a std::unique_ptr for an object of a C library: FreeWith<EVP_PKEY_free>.
#pragma once

namespace tidegate::base {

template <auto kFree>
struct FreeWith {
    template <class T>
    void operator()(T* object) const {
        kFree(object);
    }
};

}  // namespace tidegate::base
