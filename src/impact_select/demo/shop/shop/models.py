"""The tables, as classes."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from werkzeug.security import check_password_hash, generate_password_hash

from shop.config import PASSWORD_METHOD


class Base(DeclarativeBase):
    """What all tables share."""


class Status(StrEnum):
    """How far an order has come."""

    PAID = "paid"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class Customer(Base):
    """Somebody with an account; the keeper of the shop is one too."""

    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    country: Mapped[str] = mapped_column(default="GB")
    points: Mapped[int] = mapped_column(default=0)
    is_keeper: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str]
    cart: Mapped[list["CartLine"]] = relationship(
        back_populates="customer", cascade="all, delete-orphan", order_by="CartLine.id"
    )
    orders: Mapped[list["Order"]] = relationship(
        back_populates="customer", order_by="Order.id.desc()"
    )

    def set_password(self, password: str) -> None:
        """Keep a salted hash of the password."""
        self.password_hash = generate_password_hash(password, PASSWORD_METHOD)

    def has_password(self, password: str) -> bool:
        """Say whether this is the customer's password."""
        return check_password_hash(self.password_hash, password)


class Category(Base):
    """A shelf."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    slug: Mapped[str]
    products: Mapped[list["Product"]] = relationship(back_populates="category")


class Product(Base):
    """Something for sale. Price in pence, weight in grams."""

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    price: Mapped[int]
    stock: Mapped[int] = mapped_column(default=0)
    weight: Mapped[int] = mapped_column(default=0)
    vat: Mapped[str] = mapped_column(default="standard")
    clearance: Mapped[bool] = mapped_column(default=False)
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    category: Mapped[Category] = relationship(back_populates="products")
    reviews: Mapped[list["Review"]] = relationship(
        back_populates="product", order_by="Review.id.desc()"
    )

    @property
    def stars(self) -> float | None:
        """The mean of the reviews; none without reviews."""
        if not self.reviews:
            return None
        return round(sum(review.stars for review in self.reviews) / len(self.reviews), 1)


class Review(Base):
    """What a customer thinks of a product: one to five stars."""

    __tablename__ = "review"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    stars: Mapped[int]
    text: Mapped[str] = mapped_column(default="")
    product: Mapped[Product] = relationship(back_populates="reviews")
    customer: Mapped[Customer] = relationship()


class CartLine(Base):
    """So many of a product in a customer's cart."""

    __tablename__ = "cart_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    quantity: Mapped[int]
    customer: Mapped[Customer] = relationship(back_populates="cart")
    product: Mapped[Product] = relationship()


class Order(Base):
    """A paid basket, with the amounts as they were that day."""

    __tablename__ = "purchase"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    placed_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default=Status.PAID)
    method: Mapped[str] = mapped_column(default="standard")
    goods: Mapped[int]
    saving: Mapped[int] = mapped_column(default=0)
    shipping: Mapped[int] = mapped_column(default=0)
    tax: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    payment: Mapped[str] = mapped_column(default="")
    customer: Mapped[Customer] = relationship(back_populates="orders")
    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="OrderLine.id"
    )

    @property
    def number(self) -> str:
        """What the customer calls the order."""
        return f"S{self.id:06}"


class OrderLine(Base):
    """So many of a product, at the price of that day."""

    __tablename__ = "purchase_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    quantity: Mapped[int]
    unit_price: Mapped[int]
    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()
