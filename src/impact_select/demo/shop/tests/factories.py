"""Rows for tests; they are committed into the test's transaction."""

from datetime import datetime
from types import SimpleNamespace

from factory import LazyAttribute, RelatedFactory, SelfAttribute, Sequence, SubFactory
from factory.alchemy import SESSION_PERSISTENCE_COMMIT, SQLAlchemyModelFactory
from werkzeug.local import LocalProxy

from shop.models import CartLine, Category, Customer, Order, OrderLine, Product, Review

PASSWORD = "correct horse"

BOUND = SimpleNamespace(session=None)


class ShopFactory(SQLAlchemyModelFactory):
    """What all factories share: the session of the running test."""

    class Meta:
        abstract = True
        sqlalchemy_session = LocalProxy(lambda: BOUND.session())
        sqlalchemy_session_persistence = SESSION_PERSISTENCE_COMMIT


class CustomerFactory(ShopFactory):
    class Meta:
        model = Customer

    email = Sequence(lambda n: f"customer{n}@mail.example")
    name = Sequence(lambda n: f"Customer {n}")
    country = "GB"
    points = 0
    is_keeper = False

    @classmethod
    def _save(cls, model_class, session, args, kwargs):
        customer = model_class(*args, **kwargs)
        customer.set_password(PASSWORD)
        session.add(customer)
        session.commit()
        return customer


class CategoryFactory(ShopFactory):
    class Meta:
        model = Category

    name = Sequence(lambda n: f"Shelf {n}")
    slug = Sequence(lambda n: f"shelf-{n}")


class ProductFactory(ShopFactory):
    class Meta:
        model = Product

    sku = Sequence(lambda n: f"TEST-{n:03}")
    name = Sequence(lambda n: f"Thing {n}")
    description = "A thing to test with."
    price = 10_00
    stock = 100
    weight = 0
    vat = "standard"
    category = SubFactory(CategoryFactory)


class ReviewFactory(ShopFactory):
    class Meta:
        model = Review

    product = SubFactory(ProductFactory)
    customer = SubFactory(CustomerFactory)
    stars = 4
    text = "Does what it should."


class CartLineFactory(ShopFactory):
    class Meta:
        model = CartLine

    customer = SubFactory(CustomerFactory)
    product = SubFactory(ProductFactory)
    quantity = 1


class OrderLineFactory(ShopFactory):
    class Meta:
        model = OrderLine

    product = SubFactory(ProductFactory)
    quantity = 1
    unit_price = SelfAttribute("product.price")


class OrderFactory(ShopFactory):
    """An order of one line; `line__quantity=3` and the like shape the line."""

    class Meta:
        model = Order

    class Params:
        price = 10_00

    customer = SubFactory(CustomerFactory)
    placed_at = datetime(2024, 5, 17, 12, 30)
    status = "paid"
    method = "standard"
    goods = SelfAttribute("price")
    saving = 0
    shipping = 0
    tax = 0
    total = LazyAttribute(lambda order: order.goods - order.saving + order.shipping)
    payment = Sequence(lambda n: f"ch_{n}")
    line = RelatedFactory(OrderLineFactory, factory_related_name="order")
