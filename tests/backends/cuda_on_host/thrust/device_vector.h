// The vectors of Thrust, as far as the programs use them.
#pragma once

namespace thrust {

template <class T> struct device_ptr {
    T* at;
};
template <class T> T* raw_pointer_cast(device_ptr<T> pointer) { return pointer.at; }
template <class T> T* raw_pointer_cast(T* pointer) { return pointer; }

template <class T> struct device_reference {
    T* at;
    device_ptr<T> operator&() const { return {at}; }
    device_reference& operator=(const T& value)
    {
        cudaMemcpy(at, &value, sizeof value, cudaMemcpyDefault);
        return *this;
    }
    operator T() const
    {
        T value;
        cudaMemcpy(&value, at, sizeof value, cudaMemcpyDefault);
        return value;
    }
};

template <class T> class device_vector {
public:
    device_vector() = default;
    device_vector(const device_vector&) = delete;

    device_vector& operator=(const std::vector<T>& from)
    {
        resize(from.size());
        if (size_) cudaMemcpy(data_, from.data(), size_ * sizeof(T), cudaMemcpyDefault);
        return *this;
    }

    std::size_t size() const { return size_; }
    bool empty() const { return !size_; }
    void clear() { size_ = 0; }
    void shrink_to_fit() {}
    device_ptr<T> data() { return {data_}; }
    device_reference<T> operator[](std::size_t k) { return {data_ + k}; }
    void swap(device_vector& other) { std::swap(data_, other.data_), std::swap(size_, other.size_), std::swap(room_, other.room_); }

    void push_back(const T& value)
    {
        resize(size_ + 1);
        (*this)[size_ - 1] = value;
    }

    void resize(std::size_t size)
    {
        if (size > room_) {
            void* to = nullptr;
            cudaMalloc(&to, size * sizeof(T));
            if (size_) cudaMemcpy(to, data_, size_ * sizeof(T), cudaMemcpyDefault);
            data_ = static_cast<T*>(to);
            room_ = size;
        }
        if (size > size_) cudaMemset((void*)(data_ + size_), 0, (size - size_) * sizeof(T));
        size_ = size;
    }

private:
    T* data_ = nullptr;
    std::size_t size_ = 0, room_ = 0;
};

template <class T> class host_vector : public std::vector<T> {
public:
    using std::vector<T>::vector;
    host_vector& operator=(device_vector<T>& from)
    {
        this->resize(from.size());
        if (from.size()) cudaMemcpy(this->data(), raw_pointer_cast(from.data()), from.size() * sizeof(T), cudaMemcpyDefault);
        return *this;
    }
};

}  // namespace thrust
